// SPDX-License-Identifier: MIT
// Ms for Ps: starting, stopping and handing over. The lists of idle Ms and Ps are under sched.lock.
//
// An M sleeps on its note in stopm, on the idle list, and in stoplockedm, waiting for its locked G (and m0 for ever in mexit).
// Whoever wakes it has put a P into nextp before (I5); nobody else touches that P until the M has acquired it.
//
// Idle Ms leave (I11). An M that has slept on the idle list for MSTART_DEBUG's idle_ms looks under sched.lock whether it is
// still on the list. If so it takes itself off, counts itself out and checks for deadlock, all in that one section, and
// exits; nobody can hand it a P any more. If not, mget has taken it, a P and a wake are on their way, and it sleeps on.
// The first M to leave is the one that would be woken last: the list is last in, first out, and all have the same time. One
// that sleeps for a timer (timer.cc) does not leave before that is due.
#include "arch/probe.h"
#include "os/clock.h"
#include "runtime/config.h"
#include "runtime/dump.h"
#include "runtime/sched.h"

namespace mstart::runtime {

namespace {

// Under sched.lock, all of them.
void mput(M* m) {
  m->schedlink = sched.midle;
  m->idle_prev = nullptr;
  if (sched.midle != nullptr) sched.midle->idle_prev = m;
  sched.midle = m;
  m->on_idle_list = true;
  ++sched.nmidle;
  checkdead();
}

void unlink_idle(M* m) {
  (m->idle_prev != nullptr ? m->idle_prev->schedlink : sched.midle) = m->schedlink;
  if (m->schedlink != nullptr) m->schedlink->idle_prev = m->idle_prev;
  m->on_idle_list = false;
  --sched.nmidle;
  if (m->sleeps_until != 0) leave_sleepers(m);
}

// With the P that somebody has woken it with, or with none: it was woken to stop.
void acquire_nextp(M* m) {
  if (m->nextp == nullptr) return sched.stop.load(std::memory_order_relaxed)();
  acquirep(m->nextp);
  m->nextp = nullptr;
  m->fresh = true;
}

// Sleeps on the idle list until mget takes the M off it, or until `due`, when it takes a P for the timers: true. Does not
// come back if it is not wanted for long.
bool mPark(M* m, int64_t due) {
  // The first thread cannot end before the process.
  int64_t leave_at = m != &m0 && config.idle_ms != 0 ? os::nanotime() + config.idle_ms * 1'000'000 : kNever;
  while (!notetsleep(m->park, due != kNever ? due : leave_at)) {
    sched.lock.lock();
    if (m->on_idle_list && due == kNever) {
      unlink_idle(m);
      mexit_idle(m);  // unlocks
    }
    if (!m->on_idle_list) leave_at = kNever;  // mget has it: a wake is on its way
    bool for_timers = false;
    if (m->on_idle_list) {
      m->nextp = pidleget();
      for_timers = m->nextp != nullptr;
      for_timers ? unlink_idle(m) : leave_sleepers(m);  // all Ps are in use: their Ms look at the timers
    }
    sched.lock.unlock();
    if (for_timers) return true;
    due = kNever;
  }
  m->park.clear();
  return false;
}

}  // namespace

// Does any G wait to be run?
bool any_runnable() {
  if (sched.runq.size() != 0) return true;                    // [wake:D]
  const int n = sched.procs.load(std::memory_order_acquire);  // acquire: allp is there
  for (int i = 0; i < n; ++i) {
    if (!sched.allp[i]->runq.empty()) return true;  // in empty()
  }
  return false;
}

namespace {

// Is there anything that an M and a P should be found for?
bool any_work() {
  if (sched.stop.load(std::memory_order_relaxed) != nullptr) return false;
  return any_runnable() || (timers_uncovered != nullptr && timers_uncovered());
}

}  // namespace

// Under sched.lock. An idle M, off the list; null: there is none.
M* mget() {
  M* m = sched.midle;
  if (m == nullptr) return nullptr;
  // One that sleeps for a timer is taken last: another would have to do that in its place.
  while (m->sleeps_until != 0 && m->schedlink != nullptr) m = m->schedlink;
  unlink_idle(m);
  return m;
}

// Under sched.lock. An M that mget has taken goes on with p.
void wake_with(M* m, P* p) {
  check(m->nextp == nullptr, "startm: m has p");
  m->nextp = p;
  notewakeup(m->park);
}

// Puts an M to work with p, or with an idle P if p is null (then, if there is none, nothing happens). `spinning`: the
// caller has counted one more spinner, and the M shall be it.
void startm(P* p, bool spinning) {
  birth_stamp(&getg()->m->birth_start.startm);
  MSTART_PROBE1(startm, p);
  sched.lock.lock();
  if (p == nullptr) {
    check(!spinning, "startm: P required for spinning=true");
    p = pidleget();
    if (p == nullptr) {
      sched.lock.unlock();
      return;
    }
  }
  M* m = mget();
  if (m == nullptr) {
    // The id is taken before the lock is given up: from here on checkdead counts the M as running, though it is not
    // there yet (I12).
    const int64_t id = mReserveID();
    if (id < 0) {
      birth_refused(p, spinning);
      sched.lock.unlock();
      if (id == kAtLimit) tell_limit();
      return;
    }
    sched.lock.unlock();
    newm(spinning ? mspinning : nullptr, p, id);
    return;
  }
  sched.lock.unlock();
  check(!m->spinning, "startm: m is spinning");
  check(m->nextp == nullptr, "startm: m has p");
  check(!spinning || p->runq.empty(), "startm: p has runnable gs");
  m->spinning = spinning;
  m->nextp = p;
  notewakeup(m->park);
}

// Without a P: sleeps until there is work for this M. Returns with a P.
void stopm() {
  M* m = getg()->m;
  check(m->locks == 0, "stopm: holding locks");
  check(m->p == nullptr, "stopm: holding p");
  check(!m->spinning, "stopm: spinning");
  m->newborn = false;  // if it was one, its birth found nothing to run
  sched.lock.lock();
  // A wake that came between our giving up the P and now found no M (head of sched.cc).
  P* p = sched.idle.look().needs_spinning() ? pidleget() : nullptr;
  if (p != nullptr) {
    become_spinning();
    sched.lock.unlock();
    acquirep(p);
    return;
  }
  mput(m);
  wake_m0_to_stop();
  const bool stopped = sched.stop.load(std::memory_order_relaxed) != nullptr;  // then nothing is due any more
  const int64_t due = !stopped && sleep_for_timers != nullptr ? sleep_for_timers(m) : kNever;
  sched.lock.unlock();
  leave_a_retrier();
  const bool for_timers = mPark(m, due);
  acquire_nextp(m);
  if (for_timers && sched.stop.load(std::memory_order_relaxed) == nullptr) serve_timers(m);
}

// A P whose M gives it up: to somebody who can use it, or to the idle list. Where Go starts a spinning M if everybody else is
// busy, this looks around itself, as find_runnable does before it sleeps: the P is counted idle before the queues are looked
// at [wake:D], so whoever submitted without seeing it is seen here. No thread is woken, or born, for nothing.
void handoffp(P* p) {
  if (births_recorded) [[unlikely]]
    getg()->m->birth_start = {};
  if (p->runq.empty() && sched.runq.size() == 0) {
    LockGuard guard(sched.lock);
    if (sched.runq.size() == 0) {
      pidleput(p);
      p = nullptr;
    }
  }
  if (p != nullptr)
    startm(p, false);
  else if (any_work())
    wakep();
}

// The M's G is locked to it and cannot run now: gives the P away and sleeps until somebody brings one for that G.
void stoplockedm() {
  M* m = getg()->m;
  check(m->lockedg != nullptr && m->lockedg->locked_m == m, "stoplockedm: inconsistent locking");
  if (m->p != nullptr) handoffp(releasep());
  incidlelocked();
  notesleep_or_retry(m->park);
  m->park.clear();
  if (m->nextp == nullptr && sched.stop.load(std::memory_order_relaxed) != nullptr) return;  // m0, to stop
  check(m->lockedg->status.load(std::memory_order_relaxed) == GStatus::kRunnable, "stoplockedm: not runnable");
  acquire_nextp(m);
}

// g is locked to another M: gives that one our P and sleeps.
void startlockedm(G* g) {
  check(g->locked_m != getg()->m, "startlockedm: locked to me");
  P* p = releasep();
  {
    LockGuard guard(sched.lock);
    wake_locked(g, p);
  }
  stopm();
}

// Under sched.lock. The Gs of a P that will not run them go to the global queue.
void give_gs_to_all(P* p) {
  bool inherits_time;
  while (G* g = p->runq.get(&inherits_time)) sched.runq.push(g);
}

// Under sched.lock. The M that g is locked to waits for it, or is about to: from now on it runs.
void wake_locked(G* g, P* p) {
  M* m = g->locked_m;
  if (m == &m0 && sched.stop.load(std::memory_order_relaxed) != nullptr) [[unlikely]] {
    // It has been woken to stop, or will be when it goes to sleep, without a P.
    sched.runq.push(g);
    give_gs_to_all(p);
    return pidleput(p);
  }
  check(m->nextp == nullptr, "startlockedm: m has p");
  --sched.nmidlelocked;
  m->sleeps_locked = false;
  m->nextp = p;
  notewakeup(m->park);
}

// Sleeps until woken. While births are refused, and Gs or timers wait for an M and a P is free for it, this may be the one
// thread that can ask again, so it does when it is time; otherwise there are Ms that run, and they will. It does not clear
// the refusal, as checkdead does not count it as running: the M that it wakes, or makes, will.
void notesleep_or_retry(os::Note& note) {
  for (int64_t at; (at = sched.retry_births_at.load(std::memory_order_relaxed)) != 0 && any_work() &&
                   sched.idle.look().wants_wake();) {
    if (notetsleep(note, at)) return;
    if (any_work()) wakep();
  }
  notesleep(note);
}

void acquirep(P* p) {
  M* m = getg()->m;
  check(m->p == nullptr, "wirep: already in go");
  check(p->m.load(std::memory_order_relaxed) == nullptr && p->status.load(std::memory_order_relaxed) == PStatus::kIdle,
        "wirep: invalid p state");
  m->p = p;
  p->m.store(m, std::memory_order_relaxed);
  p->status.store(PStatus::kRunning, std::memory_order_relaxed);
}

P* releasep() {
  M* m = getg()->m;
  P* p = m->p;
  check(p != nullptr, "releasep: invalid arg");
  check(p->m.load(std::memory_order_relaxed) == m && p->status.load(std::memory_order_relaxed) == PStatus::kRunning,
        "releasep: invalid p state");
  m->p = nullptr;
  p->m.store(nullptr, std::memory_order_relaxed);
  p->status.store(PStatus::kIdle, std::memory_order_relaxed);
  return p;
}

// Under sched.lock.
void pidleput(P* p) {
  check(p->runq.empty(), "pidleput: P has non-empty run queue");
  p->link = sched.pidle;
  sched.pidle = p;
  sched.idle.add_idle_ps(1);
  if (sched.all_idle == nullptr ||
      static_cast<int>(sched.idle.look().idle_ps()) != sched.procs.load(std::memory_order_relaxed))
    return;
  notewakeup(*sched.all_idle);
  sched.all_idle = nullptr;
}

P* pidleget() {
  P* p = sched.pidle;
  if (p != nullptr) {
    sched.pidle = p->link;
    sched.idle.add_idle_ps(-1);
  }
  return p;
}

void become_spinning() {
  getg()->m->spinning = true;
  sched.idle.add_spinning();
  sched.idle.clear_need_spinning();
}

// mstartfn of an M that is born spinning; the spinner was counted by who asked for it.
void mspinning() { getg()->m->spinning = true; }

void incidlelocked() {
  {
    LockGuard guard(sched.lock);
    ++sched.nmidlelocked;
    M* m = getg()->m;
    m->sleeps_locked = m->nextp == nullptr;
    wake_m0_to_stop();
    checkdead();
  }
  leave_a_retrier();
}

// Under sched.lock, when m0 has gone to sleep or main has returned: if both is so, and nobody else is about to wake it, it
// wakes without a P.
void wake_m0_to_stop() {
  if (sched.stop.load(std::memory_order_relaxed) == nullptr) [[likely]]
    return;
  if (m0.on_idle_list)
    unlink_idle(&m0);
  else if (m0.sleeps_locked)
    m0.sleeps_locked = false;
  else
    return;
  notewakeup(m0.park);
}

// A birth was refused: when the back-off is over, the refusal is done with, and who was not served then is now. Only by an M
// that runs. Under sched.lock, so that all that a refused birth has left behind is there to be seen by those who find no
// refusal any more: its Gs in the global queue, its P on the idle list. A refusal that came meanwhile stays.
void retry_births() {
  const int64_t at = sched.retry_births_at.load(std::memory_order_relaxed);
  if (at == 0 || os::nanotime() < at) return;
  {
    LockGuard guard(sched.lock);
    if (sched.retry_births_at.load(std::memory_order_relaxed) != at) return;
    sched.retry_births_at.store(0, std::memory_order_relaxed);
  }
  retry_template_thread();
  if (any_work()) wakep();
}

// Under sched.lock, whenever an M stops counting as running. If none does, no G will ever run again: that is a deadlock of
// the program's, or a bug of ours (I12).
void checkdead() {
  const int64_t running = mcount() - sched.nmidle - sched.nmidlelocked - sched.nmsys;
  if (running > 0 || sched.stop.load(std::memory_order_relaxed) != nullptr) return;
  check(running == 0, "checkdead: inconsistent counts");
  const bool timers = timers_pending != nullptr && timers_pending();
  if (timers && sched.nmidle != 0) return;  // one of them sleeps for the first, or is about to
  if (any_runnable() || timers) {
    // Every thread is tied to a G that waits, and there is no thread for the others, or for the timers.
    if (sched.retry_births_at.load(std::memory_order_relaxed) != 0) {
      check_births_possible();
      return;
    }
    throw_error(timers ? "checkdead: no m for timer" : "checkdead: runnable g");
  }
  if (!sched.reports_deadlock) return;
  if (live_gs() == 0) throw_error("no goroutines (main called runtime.Goexit) - deadlock!");
  throw_error("all goroutines are asleep - deadlock!");
}

}  // namespace mstart::runtime
