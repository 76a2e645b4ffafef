// SPDX-License-Identifier: MIT
// Timers: each P has a heap of them, under a lock of its own, and an atomic word, next_timer, when the first is due. A G's
// timer goes to the P that it runs on.
//
// Who runs them. The M with the P looks at next_timer whenever it picks a G; a thief that finds no G looks at everybody's.
// And when all those are busy or asleep, the M that sleeps until the first one is due: as long as a P is idle,
//
//   (T) a timer is pending  =>  some M sleeps with a deadline not later than it, or is spinning, or a wake is under way,
//
// whichever P the timer is on, so that a P whose G computes for long makes no timer late while another P is free. (If all are
// busy, timers wait for the end of a slice.) sched.timer_until is the earliest deadline that an M sleeps with. The M that
// goes idle is the one to sleep if nobody sleeps for the first timer yet. That is exactly one M for the earliest deadline;
// one that slept for a later one before sleeps on (sched.sleepers, earliest first), and is there when the first has left: so
// a G that sleeps for 50 us again and again wakes no second M, however many timers of an hour there are.
//
//   Submit (start)                                    Go idle (stopm)
//   1. publish: a seq_cst store of the P's            1. the P is counted idle, the spinner counted out  [wake:C]
//      next_timer                       [timer:A]     2. publish timer_until, the earliest that was seen, seq_cst
//   2. earlier than timer_until? seq_cst [timer:B]                                                       [timer:C]
//   3. then wake one M, spinning, as for a new G      3. look at all next_timers again, seq_cst          [timer:D]
//      (wakep: nothing if one spins, or no P is       4. an earlier one: publish that, look again. Else sleep
//      idle)                            [wake:B]
//
// No timer is late. The store-buffer litmus of sched.cc, twice over. If A comes before D in the one order of seq_cst
// operations, the M that goes idle sees the timer. Else D, and with it C, comes before A and B: the submitter sees the
// deadline that the M sleeps with, if that is not too late there is nothing to do; if it is, it wakes one. wakep does nothing
// if it sees a spinner: then B is before [wake:C] of that spinner, which looks at all next_timers after it; or if it sees no
// idle P: whoever makes one looks after that. The M that is woken looks for work, finds none, goes idle, and sees the timer.
//
// Whoever leaves the sleep (mget took the M for a G, or its time has come) takes its deadline with it, under sched.lock.
// Before that M runs a G it looks whether anybody answers for the timers that are left (cover_timers), or is a spinner, whose
// chain of wakes does (resetspinning). So does one whose G has started a timer and parked: not in start(), because if the M
// finds no other G it goes idle itself, and nobody needs to be woken. Handing a P over, or being refused a thread, counts an
// uncovered timer as work that waits.
//
// An M that sleeps for a timer does not leave (I11) before its deadline, and while a timer is pending there is no deadlock
// (I12).
//
// Running and stop(). A timer that is due is taken out of the heap under the queue's lock and noted in the queue's list of
// running ones, as a record on the runner's stack; then its function is called without the lock, and the record taken out
// with it. stop() takes the same lock: it finds the timer in that list (and waits), or in the heap (and takes it out: true),
// or in neither. The runner does not touch the timer after the call, nor does start() after it has unlocked.
//
// Home. A timer that is not pending and not running moves to the P that starts it. One that is stays in its queue, else
// stop() would have to look in two. So the lock is that of home_, if home_ is still the same once it is locked; what was done
// to the timer under the lock of its last home is before the store of the new one [timer:E], which is before that look
// [timer:F].
#include "runtime/timer.h"

#include <new>

#include "os/clock.h"
#include "os/mem.h"
#include "runtime/bubble.h"
#include "runtime/sched.h"
#include "runtime/timer_queue.h"

namespace mstart::runtime {

namespace {

// On the M that has p. Made at its first timer, never unmade.
TimerQueue* queue_of(P* p) {
  if (p->timers == nullptr) [[unlikely]] {
    const Result<char*> page = os::map_pages(sizeof(TimerQueue));
    check(page.ok(), "timer: out of memory");
    p->timers = new (*page) TimerQueue(&p->next_timer);
  }
  return p->timers;
}

template <class F>
void for_each_p(F&& f) {
  const int n = sched.procs.load(std::memory_order_acquire);  // acquire: allp is there
  if (n == 0) f(&p0);
  for (int i = 0; i < n; ++i) f(sched.allp[i]);
}

// When the first timer of all is due.
int64_t earliest_timer() {
  int64_t first = kNever;
  for_each_p([&first](const P* p) {
    const int64_t next = p->next_timer.load(std::memory_order_seq_cst);  // [timer:D]
    if (next != 0 && next < first) first = next;
  });
  return first;
}

// With spinning over, and one G in this P's queue which this M runs next: does anything wait for another M?
bool work_for_others(const P* mine) {
  bool found = mine->runq.size() > 1 || sched.runq.size() != 0 || timers_uncovered();
  for_each_p([&](const P* p) { found = found || (p != mine && !p->runq.empty()); });  // in empty()
  return found;
}

}  // namespace

bool Timer::start(int64_t when_ns) {
  if (when_ns < 1) when_ns = 1;  // 0 means none in next_timer
  const G* g = getg();
  TimerQueue* mine = g->bubble == nullptr ? queue_of(g->m->p) : bubble_timers(g->bubble);
  TimerQueue* q = TimerQueue::lock_for_start(this, mine);
  const bool pending = q->insert(this, when_ns);
  const bool earlier = q->publish();
  q->lock.unlock();
  // On g0 cover_timers comes before the next G, for this P's. Nobody sleeps for a bubble's.
  if (earlier && g->bubble == nullptr && (g != &g->m->g0 || q != mine) &&
      when_ns < sched.timer_until.load(std::memory_order_seq_cst))  // [timer:B]
    wakep();
  return pending;
}

bool Timer::stop() {
  TimerQueue* q = TimerQueue::lock_home(this);
  if (q == nullptr) return false;
  // Taken out only once, when the function does not run: it may start itself again, and so may others meanwhile.
  for (int spins = 1; q->runs(this); ++spins) {
    q->lock.unlock();
    constexpr int kPatience = 64;  // then the runner must have lost its CPU
    if (spins % kPatience == 0)
      os::osyield();
    else
      arch::cpu_relax();
    q = TimerQueue::lock_home(this);
  }
  const bool pending = q->remove(this);
  q->lock.unlock();
  return pending;
}

int64_t time_after(int64_t duration_ns) {
  const int64_t now = mstart::detail::monotonic_ns();
  return duration_ns < kNever - 1 - now ? now + duration_ns : kNever - 1;
}

// On g0, with a P, which need not be p.
void run_timers(P* p) {
  const int64_t now = os::nanotime();
  const int64_t next = p->next_timer.load(std::memory_order_acquire);  // acquire: the queue is there
  if (next == 0 || next > now) return;
  TimerQueue* q = p->timers;
  q->lock.lock();
  q->run(now, [q, now] { return q->heap.pop_due(now); });
  q->lock.unlock();
}

// The M's time has come: it has a P, and runs what is due, whosever it is. A spinner meanwhile, so that the Gs which become
// runnable wake nobody; they are in its own queue, and if there is but one this M is all that is needed. Leaving the
// count and looking at the queues is what find_runnable does before it sleeps, with the same argument.
void serve_timers(M* m) {
  become_spinning();
  for_each_p([](P* p) {
    if (p->next_timer.load(std::memory_order_relaxed) != 0) run_timers(p);
  });
  m->spinning = false;
  check(sched.idle.sub_spinning() != 0, "serve_timers: negative nmspinning");  // [wake:C]
  if (work_for_others(m->p)) wakep();
}

// Under sched.lock, when m is on the idle list: until when it sleeps; kNever: for no timer.
int64_t sleep_for_timers(M* m) {
  const int64_t covered = sched.timer_until.load(std::memory_order_relaxed);
  int64_t first = earliest_timer();
  if (first >= covered) return kNever;
  m->sleeper_below = sched.sleepers;
  sched.sleepers = m;
  for (;;) {
    m->sleeps_until = first;
    sched.timer_until.store(first, std::memory_order_seq_cst);  // [timer:C]
    const int64_t again = earliest_timer();                     // [timer:D]
    if (again >= first) return first;
    first = again;
  }
}

// Under sched.lock: m does not sleep for a timer any more. Whatever it does next, it answers for those that are left.
void leave_sleepers(M* m) {
  M** at = &sched.sleepers;
  while (*at != m) at = &(*at)->sleeper_below;
  *at = m->sleeper_below;
  m->sleeps_until = 0;
  m->left_sleepers = true;
  sched.timer_until.store(sched.sleepers != nullptr ? sched.sleepers->sleeps_until : kNever, std::memory_order_seq_cst);
}

// Does a timer wait for which nobody will wake up?
bool timers_uncovered() { return earliest_timer() < sched.timer_until.load(std::memory_order_seq_cst); }

bool timers_pending() { return earliest_timer() != kNever; }

// Before m runs a G, if it is no spinner. Those of other Ps are this M's business only if it has slept for them.
void cover_timers(M* m) {
  if (m->left_sleepers) {
    m->left_sleepers = false;
    if (timers_uncovered()) wakep();
    return;
  }
  const int64_t mine = m->p->next_timer.load(std::memory_order_relaxed);
  if (mine != 0 && mine < sched.timer_until.load(std::memory_order_seq_cst)) wakep();  // [timer:B]
}

}  // namespace mstart::runtime
