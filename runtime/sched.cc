// SPDX-License-Identifier: MIT
// The scheduler: runnable Gs onto Ps, Ps onto Ms.
//
// Words. A G is a task, an M a kernel thread, a P the right to run Gs. An M needs a P to run Gs; there are as many Ps as
// Gs may run at once. Each P has a queue of runnable Gs (runq.h), and there is a global queue for what does not fit. An M
// that has a P and no G looks everywhere for one; while it looks it is *spinning*. When it finds nothing it gives the P to
// the list of idle Ps and itself to the list of idle Ms, and sleeps on its note.
//
// How many Ms should look? Too few, and runnable Gs wait while CPUs idle; too many, and they burn CPU and fight for the
// same queues. Rejected, as in Go: one global queue (its lock does not scale); waking a sleeper for every G made runnable
// (most find nothing, and thrash); never waking when somebody is already awake (work is not spread). What we do: a
// submitter wakes one M if there is an idle P and nobody is spinning; a spinner that finds work and was the last one
// wakes another (resetspinning). So as long as there is work, there is one M that looks for more, and no more than that.
//
//   Submit (newproc, ready)                           Go idle (find_runnable)
//   1. publish the G: a seq_cst write of runnext,     1. under sched.lock: nothing in the global queue; P to the idle
//      tail or the global queue's size    [wake:A]       list (the idle word counts it)
//   2. look at the idle word, seq_cst: an idle P      2. leave the spinning count, a seq_cst RMW of the idle word
//      and no spinner?                    [wake:B]                                                     [wake:C]
//   3. then wake one M, spinning                      3. look at every queue again, seq_cst loads      [wake:D]
//                                                     4. found one: take a P, spin again. Else sleep
//
// No wake-up is lost (I3). This is the store-buffer litmus: A then B here, C then D there. All four are seq_cst, so there is
// one order of them that everybody agrees with. If B comes before C in it, the submitter may have seen the spinner and done
// nothing; but then A is before B before C before D: the spinner sees the G. If C comes before B, the submitter sees one
// spinner fewer; if that was the last, it wakes an M. The idle P is counted before C, so B sees it too. Both sides may see
// each other: then there is one wake too many, which costs a search.
//
// An M that did not spin leaves the last look to those that do, if one still does after its P was counted idle: that one
// will look, or find work and wake somebody, who can have that P. If none does, it looks itself: the last spinner may have
// found work, and that work have submitted more, while no P was idle yet.
//
// A spinner that was started for work that came up (wakep took the spinning count) may find no P to run with, for it has
// been taken meanwhile. It says so (needspinning) and leaves the count, both in one section under sched.lock. An M that gives
// up its P does so before, and the wake takes that one; or after, and it finds the word and spins instead; but it never sees
// only the count, and trusts in a spinner that does not search.
// stopm looks at the word again under the lock, for the M that gives up its P first and is put on the idle list later: in
// between, a wake finds no M to use, and if births are refused (I8) nobody else would come.
//
// yield() is no submission: it puts its G to the tail before it takes another from the head, so no thief that looks at
// any moment sees fewer Gs than there were, and whoever answered for them answers still.
//
// Timers are work too, with a protocol of the same form: timer.cc. An M that goes idle looks at them last, in stopm.
//
// A P changes hands only at clone, at notewakeup, or under sched.lock (I5): from then to the new M's acquirep nobody else
// knows of it.
#include "runtime/sched.h"

#include "arch/probe.h"
#include "os/clock.h"
#include "runtime/execute.h"
#include "runtime/steal_order.h"

namespace mstart::runtime {

constinit Sched sched;
constinit RwLock exec_lock;

// Two kinds of code, by what it waits for. schedule_quick and execute: for nothing but their own instructions. The long way
// round, which is marked cold, waits for others' cache lines, locks and the kernel: the compiler makes it small.
namespace {

constexpr int64_t kRunnextPatienceNs = 3000;

// The next G of p's queue. Two Gs that ready each other by turns pass runnext to and fro and share one slice for ever: after
// some turns the ring's head has its turn, in a slice of its own.
[[gnu::hot]] inline G* next_local(P* p, bool* inherits_time) {
  constexpr uint32_t kMostInherited = 64;
  if (p->inherited < kMostInherited) [[likely]] {
    G* g = p->runq.get(inherits_time);
    p->inherited = *inherits_time ? p->inherited + 1 : 0;
    return g;
  }
  p->inherited = 0;
  G* g = p->runq.get_head();
  if (g == nullptr) g = p->runq.get(inherits_time);
  *inherits_time = false;
  return g;
}

// A batch of the global queue: one to run, the others to p's ring. Under sched.lock.
[[gnu::cold]] G* take_global(P* p, uint32_t most) {
  const uint32_t size = sched.runq.size();
  const auto share = size / static_cast<uint32_t>(sched.procs.load(std::memory_order_relaxed)) + 1;
  uint32_t n = share < size ? share : size;
  if (n > most) n = most;
  // Its ring was empty and `most` is half of it. No submission: they were in a queue before, and they are in the ring before
  // the global queue's size tells that they have left.
  G* g = sched.runq.take(n, [p](G* next) { check(p->runq.put_tail(next), "findrunnable: runq overflow"); });
  check((g != nullptr) == (n != 0), "findrunnable: global runq empty with non-zero runqsize");
  return g;
}

[[gnu::cold]] G* take_global_locked(P* p, uint32_t most) {
  if (sched.runq.size() == 0) return nullptr;
  LockGuard guard(sched.lock);
  return take_global(p, most);
}

// The victim is running and readied that G just now: most likely it is about to block and run it itself, in a fraction of
// the time that it takes to move it here. An M that was born or woken just now has let it that time already.
void let_run_next(const M* m, const P* victim) {
  if (m->fresh || victim->status.load(std::memory_order_relaxed) != PStatus::kRunning || !victim->runq.has_next())
    return;
  const int64_t until = os::nanotime() + kRunnextPatienceNs;
  while (victim->runq.has_next() && os::nanotime() < until) arch::cpu_relax();
}

// The victim may be computing for long: what is due there is run here. A G that has become runnable by it.
G* steal_timers(P* p, P* victim) {
  run_timers(victim);
  bool inherits_time;
  return next_local(p, &inherits_time);
}

// Four passes over all Ps, the last one takes runnext too, and runs timers that are due.
[[gnu::cold]] G* steal_work(M* m, P* p) {
  for (int pass = 0; pass < 4; ++pass) {
    const bool take_next = pass == 3;
    for (StealOrder order(next_random(m), static_cast<uint32_t>(sched.procs.load(std::memory_order_relaxed)));
         !order.done(); order.next()) {
      P* victim = sched.allp[order.position()];
      if (victim == p) continue;
      if (take_next) let_run_next(m, victim);
      G* g = p->runq.steal_from(victim->runq, take_next);
      if (g == nullptr && take_next && victim->next_timer.load(std::memory_order_relaxed) != 0) [[unlikely]]
        g = steal_timers(p, victim);
      if (g != nullptr) {
        p->steals.add();
        return g;
      }
    }
  }
  return nullptr;
}

void drop_spinning(M* m) {
  m->spinning = false;
  check(sched.idle.sub_spinning() != 0, "findrunnable: negative nmspinning");  // [wake:C]
}

// The M's P, with which it was out of work, to the idle list. False: there is work after all, or somebody wants a
// spinner; *g is what it found.
[[gnu::cold]] bool give_up_p(M* m, P* p, G** g) {
  LockGuard guard(sched.lock);
  if (sched.runq.size() != 0) {
    *g = take_global(p, RunQueue<G>::kHalf);
    return false;
  }
  if (!m->spinning && sched.idle.look().needs_spinning()) {
    become_spinning();
    return false;
  }
  check(releasep() == p, "findrunnable: wrong p");
  pidleput(p);
  return true;
}

// Without a P, after the spinning count: is there anything anywhere? Then take a P for it.
[[gnu::cold]] P* recheck() {
  if (!any_runnable()) return nullptr;
  LockGuard guard(sched.lock);
  P* p = pidleget();
  if (p == nullptr) sched.idle.need_spinning();
  return p;
}

// A G to run; waits until there is one. The sources, in their order.
[[gnu::cold]] G* find_runnable(bool* inherits_time) {
  M* m = getg()->m;
  for (;;) {
    *inherits_time = false;
    if (auto* instead = sched.instead.load(std::memory_order_relaxed)) [[unlikely]] {
      if (G* g = instead(m)) return g;
    }
    P* p = m->p;
    if (p->next_timer.load(std::memory_order_relaxed) != 0) [[unlikely]]
      run_timers(p);
    if (p->schedtick % kGlobalEvery == 0) {
      if (G* g = take_global_locked(p, 1)) return g;
    }
    if (G* g = next_local(p, inherits_time)) return g;
    if (G* g = take_global_locked(p, RunQueue<G>::kHalf)) return g;
    if (sched.procs.load(std::memory_order_relaxed) == 0) make_ps();  // parked before the first go()

    const IdleState idle = sched.idle.look();
    const auto busy = static_cast<uint32_t>(sched.procs.load(std::memory_order_relaxed)) - idle.idle_ps();
    if (m->spinning || 2 * idle.spinning() < busy) {
      if (!m->spinning) become_spinning();
      G* g = steal_work(m, p);
      if (g != nullptr) return g;
    }

    G* g = nullptr;
    if (!give_up_p(m, p, &g)) {
      if (g != nullptr) return g;
      continue;
    }
    const bool spun = m->spinning;
    if (spun) drop_spinning(m);
    P* again = spun || sched.idle.look().spinning() == 0 ? recheck() : nullptr;
    if (again == nullptr) {
      stopm();
      continue;
    }
    acquirep(again);
    become_spinning();
  }
}

// A spinner found work: if it was the last one, somebody else must look for more.
[[gnu::cold]] void resetspinning(M* m) {
  check(m->spinning, "resetspinning: not a spinning m");
  m->spinning = false;
  check(sched.idle.sub_spinning() != 0, "findrunnable: negative nmspinning");
  wakep();
}

}  // namespace

void runqput(P* p, G* g, bool next) {
  if (next) {
    g = p->runq.put_next(g);
    if (g == nullptr) return;
  }
  RunQueue<G>::Batch batch;
  while (!p->runq.submit_tail(g)) {
    if (!p->runq.take_half(g, &batch)) continue;
    LockGuard guard(sched.lock);
    for (uint32_t i = 0; i < batch.size; ++i) sched.runq.push(batch.items[i]);
    return;
  }
}

[[gnu::cold]] void wake_slow() {
  if (sched.procs.load(std::memory_order_relaxed) == 0) make_ps();
  M* m = getg()->m;
  birth_stamp(&m->birth_start.wakep);
  MSTART_PROBE1(wakep, m);
  if (!sched.idle.try_first_spinner()) return;
  P* p;
  {
    LockGuard guard(sched.lock);
    p = pidleget();
    if (p == nullptr) {
      sched.idle.need_spinning();
      check(sched.idle.sub_spinning() != 0, "wakep: negative nmspinning");
    }
  }
  if (p == nullptr) return;
  if (m->p != nullptr) m->p->wakes.add();
  startm(p, true);
}

// Inline: compilers see that it does not return, and would call it.
[[noreturn, gnu::always_inline]] static inline void execute_here(M* m, P* p, G* g, bool inherits_time) {
  if (!inherits_time) ++p->schedtick;
  check(g->status.load(std::memory_order_relaxed) == GStatus::kRunnable, "execute: bad g->status (not Grunnable)");
  g->status.store(GStatus::kRunning, std::memory_order_relaxed);
  g->m = m;
  m->curg = g;
  if (g->stack.lo == nullptr) take_stack(p, g);
  if (m->newborn) [[unlikely]] {
    m->newborn = false;
    birth_mark(m, &Birth::first_g);
    MSTART_PROBE2(execute, g, m);
  }
  setg(g);
  fiber_restart(m->g0.fiber, g->fiber);
  arch::gogo_live(&g->sched);
}

void execute(M* m, P* p, G* g, bool inherits_time) { execute_here(m, p, g, inherits_time); }

void schedule_quick(M* m, P* p) {
  if (m->lockedg == nullptr && m->locks == 0 && p->schedtick % kGlobalEvery != 0 &&
      p->next_timer.load(std::memory_order_relaxed) == 0 &&
      sched.retry_births_at.load(std::memory_order_relaxed) == 0 &&
      sched.instead.load(std::memory_order_relaxed) == nullptr) {
    bool inherits_time;
    G* g = next_local(p, &inherits_time);
    if (g != nullptr) {
      if (g->locked_m == nullptr) execute_here(m, p, g, inherits_time);
      startlockedm(g);
    }
  }
  schedule();
}

[[gnu::cold]] void schedule() {
  M* m = getg()->m;
  check(m->locks == 0, "schedule: holding locks");
  if (m->lockedg != nullptr) {
    stoplockedm();
    if (auto* stop = sched.stop.load(std::memory_order_relaxed)) [[unlikely]]
      stop();
    return execute(m, m->p, m->lockedg, false);  // never schedules another G
  }
  for (;;) {
    if (sched.retry_births_at.load(std::memory_order_relaxed) != 0) [[unlikely]]
      retry_births();
    check(!m->spinning || m->p->runq.empty(), "schedule: spinning with local work");
    bool inherits_time;
    G* g = find_runnable(&inherits_time);
    m->fresh = false;
    if (m->spinning)
      resetspinning(m);
    else if (m->left_sleepers || m->p->next_timer.load(std::memory_order_relaxed) != 0) [[unlikely]]
      cover_timers(m);
    if (g->locked_m == nullptr) return execute(m, m->p, g, inherits_time);
    startlockedm(g);  // gives it this P; then we look again
  }
}

}  // namespace mstart::runtime
