// SPDX-License-Identifier: MIT
// Every check on the path fires: each case breaks one thing on purpose, in a process of its own, and the process ends with
// the text of the check and status 2. An argument runs only the cases whose text contains it.
//
// What cannot be broken from outside, because nothing comes between the check and what makes it true:
//   gfput: bad status (not Gdead)             its callers have just stored, or checked, kDead
//   resetspinning: not a spinning m           it is called for those that spin only
//   findrunnable: wrong p                     releasep() checks the same first
//   findrunnable: runq overflow               the ring was found empty a moment before, and only its owner fills it
//   wakep: negative nmspinning                its own count is in there; another one would have to be taken out meanwhile
//   mstartm0: rt_sigaction failed             it cannot fail for a signal that exists
// Elsewhere: stack_overflow, g0_overflow, fault, deadlock*, thread_exhaustion, no_preempt, set_procs_late, go_nil, task_misuse,
// canary_smashed, function_static_recursion, go_no_memory, std_failures.
// freestanding-only: makes threads by hand, and copies of a process that has one
#include <cstring>

#include "child.h"
#include "os/auxv.h"
#include "os/clone.h"
#include "os/mem.h"
#include "os/signal.h"
#include "runtime/sched.h"
#include "runtime/stack.h"

using namespace mstart;
using namespace mstart::runtime;

extern "C" {
int __cxa_guard_acquire(uint64_t*);
void __cxa_guard_release(uint64_t*);
}

namespace {

M* self() { return getg()->m; }

// A G that is not in any queue and is marked runnable; never run.
G* stray_g() {
  set_procs(1);
  go([] {});
  bool inherits;
  return self()->p->runq.get(&inherits);
}

// fn() on the scheduler's stack, as the scheduler.
void on_g0(void (*fn)()) {
  park(
      [](G*, void* f) {
        reinterpret_cast<void (*)()>(f)();
        return false;
      },
      reinterpret_cast<void*>(fn), WaitReason::kForEver);
}

// Another M, asleep on the idle list.
M* idle_m() {
  set_procs(2);
  Scope().go([] {});
  std::atomic<bool> ran{false};
  Scope scope;
  scope.go([&] { ran = true; });
  while (!ran) (void)raw_syscall(SYS_sched_yield);
  for (;;) {
    {
      const LockGuard guard(sched.lock);
      if (sched.midle != nullptr && sched.pidle != nullptr) return sched.midle;
    }
    (void)raw_syscall(SYS_sched_yield);
  }
}

// A G that has locked its thread, which is another than this one, and waits.
G* waiting_locked_g() {
  set_procs(2);
  static std::atomic<G*> locked{nullptr};
  lock_thread();
  go([] {
    lock_thread();
    locked = getg();
    wait_for_ever();
  });
  wait_until([] { return locked.load() != nullptr; });
  unlock_thread();
  wait_until([] {
    const LockGuard guard(sched.lock);
    return locked.load()->status == GStatus::kWaiting && sched.nmidlelocked == 1;
  });
  return locked;
}

void park_for_ever() { park(nullptr, nullptr, WaitReason::kForEver); }

// A thread with TLS but without a g that calls fn.
void on_foreign_thread(void (*fn)(void*)) {
  constexpr size_t kBytes = size_t{64} * 1024;
  const arch::TlsImage& image = os::process_start.tls;
  char* const stack = os::map_stacks(kBytes).value();
  char* const tls =
      os::align_up(os::map_pages(kBytes).value(), arch::tls_block_align(image)) + arch::tls_before_tp(image);
  arch::tls_init_tcb(tls, os::process_start.canary);
  constinit static os::ThreadWord word;
  expect(os::newosproc({stack + kBytes, tls, fn, nullptr, nullptr}, word).ok(), "newosproc");
  for (;;) (void)raw_syscall(SYS_sched_yield);
}

// Says that the global queue is longer than it is, and that a WaitGroup is being woken from: their words are private.
void poke(void* object, size_t offset, uint64_t value, size_t bytes) {
  std::memcpy(static_cast<char*>(object) + offset, &value, bytes);
}

struct Check {
  std::string_view text;
  void (*provoke)();
};

constexpr Check kChecks[] = {
    // newproc.cc
    {"newproc1: new g is not Gdead",
     [] {
       set_procs(1);
       Scope().go([] {});
       wait_until([] { return num_g() == 1; });
       self()->p->free_gs.first->status = GStatus::kWaiting;
       go([] {});
     }},
    {"exited a goroutine internally locked to the OS thread",
     [] {
       set_procs(1);
       Scope().go([] {
         lock_thread();
         self()->locked_int = 1;
       });
     }},
    {"mstart called without a goroutine", [] { on_g0([] { (void)this_g(); }); }},
    {"mstart called without a goroutine", [] { on_foreign_thread([](void*) { yield(); }); }},
    // park.cc, notes.cc
    {"bad g->status in ready", [] { ready(getg()); }},
    {"notesleep not on g0", [] { notesleep(self()->park); }},
    {"notetsleep not on g0", [] { (void)notetsleep(self()->park, 0); }},
    {"notewakeup - double wakeup",
     [] {
       static constinit os::Note note;
       notewakeup(note);
       notewakeup(note);
     }},
    {"park: bad g->status (not Grunning)",
     [] {
       getg()->status = GStatus::kRunnable;
       wait_for_ever();
     }},
    {"yield: bad g->status (not Grunning)",
     [] {
       set_procs(1);
       go([] {});
       getg()->status = GStatus::kWaiting;
       yield();
     }},
    // runq.h
    {"runqsteal: runq overflow",
     [] {
       static RunQueue<G> thief, victim;
       while (thief.put_tail(getg()) && victim.put_tail(getg())) {
       }
       (void)thief.steal_from(victim, false);
     }},
    // execute.h, stack.cc
    {"execute: bad g->status (not Grunnable)",
     [] {
       G* g = stray_g();
       g->status = GStatus::kWaiting;
       (void)self()->p->runq.put_next(g);
       yield();
     }},
    {"execute: no stack for a new g",
     [] {
       set_procs(1);
       go([] {});
       for (;;) take_stack(self()->p, new G);
     }},
    // sched.cc
    {"findrunnable: global runq empty with non-zero runqsize",
     [] {
       set_procs(1);
       (void)procs();
       poke(&sched.runq, sizeof sched.runq - 8, 10, 4);
       park_for_ever();
     }},
    {"findrunnable: negative nmspinning",
     [] {
       set_procs(1);
       (void)procs();
       self()->spinning = true;
       park_for_ever();
     }},
    {"schedule: holding locks",
     [] {
       ++self()->locks;
       park_for_ever();
     }},
    {"schedule: spinning with local work",
     [] {
       set_procs(1);
       go([] {});
       self()->spinning = true;
       self()->p->schedtick = 0;  // the long way
       yield();
     }},
    // machines.cc
    {"startm: P required for spinning=true", [] { startm(nullptr, true); }},
    {"startm: m is spinning",
     [] {
       idle_m()->spinning = true;
       startm(nullptr, false);
     }},
    {"startm: m has p",
     [] {
       idle_m()->nextp = &p0;
       startm(nullptr, false);
     }},
    {"startm: p has runnable gs",
     [] {
       (void)idle_m();
       P* p;
       {
         const LockGuard guard(sched.lock);
         p = pidleget();
       }
       (void)p->runq.put_tail(new G);
       startm(p, true);
     }},
    {"startm: negative nmspinning",
     [] {
       const LockGuard guard(sched.lock);
       birth_refused(nullptr, true);
     }},
    {"stopm: holding locks",
     [] {
       ++self()->locks;
       stopm();
     }},
    {"stopm: holding p", [] { stopm(); }},
    {"stopm: spinning",
     [] {
       releasep();
       self()->spinning = true;
       stopm();
     }},
    {"stoplockedm: inconsistent locking", [] { stoplockedm(); }},
    {"stoplockedm: inconsistent locking",
     [] {
       lock_thread();
       getg()->locked_m = nullptr;
       stoplockedm();
     }},
    {"stoplockedm: not runnable",
     [] {
       const G* g = waiting_locked_g();
       notewakeup(g->locked_m->park);
       for (;;) (void)raw_syscall(SYS_sched_yield);
     }},
    {"startlockedm: locked to me",
     [] {
       lock_thread();
       startlockedm(getg());
     }},
    {"startlockedm: m has p",
     [] {
       G* g = waiting_locked_g();
       g->locked_m->nextp = &p0;
       ready(g);
       yield();
     }},
    {"wirep: already in go", [] { acquirep(&p0); }},
    {"wirep: invalid p state",
     [] {
       P* p = releasep();
       p->status = PStatus::kRunning;
       acquirep(p);
     }},
    {"wirep: invalid p state",
     [] {
       P* p = releasep();
       p->m = &m0;
       acquirep(p);
     }},
    {"releasep: invalid arg",
     [] {
       self()->p = nullptr;
       releasep();
     }},
    {"releasep: invalid p state",
     [] {
       self()->p->m = nullptr;
       releasep();
     }},
    {"releasep: invalid p state",
     [] {
       self()->p->status = PStatus::kIdle;
       releasep();
     }},
    {"pidleput: P has non-empty run queue",
     [] {
       set_procs(1);
       go([] {});
       const LockGuard guard(sched.lock);
       pidleput(self()->p);
     }},
    {"checkdead: inconsistent counts",
     [] {
       (void)procs();
       const LockGuard guard(sched.lock);
       sched.nmidle = mcount() + 1;
       checkdead();
     }},
    {"checkdead: runnable g",
     [] {
       set_procs(1);
       go([] {});
       const LockGuard guard(sched.lock);
       sched.nmidle = mcount();
       checkdead();
     }},
    // newm.cc
    {"_cgo_thread_start missing",
     [] {
       set_procs(2);
       iscgo = true;
       go([] {});
     }},
    {"on a locked thread with no template thread",
     [] {
       set_procs(2);
       self()->locked_ext = 1;
       go([] {});
     }},
    {"runtime: thread ID overflow",
     [] {
       const LockGuard guard(sched.lock);
       sched.mnext = UINT64_MAX;
       sched.nmgone = UINT64_MAX - 1;
       mReserveID();
     }},
    {"m not found in allm",
     [] {
       const LockGuard guard(sched.lock);
       free_m(new M);
     }},
    // mstart.cc
    {"bad runtime·mstart", [] { arch::mstart(); }},
    {"locked m0 woke up",
     [] {
       set_procs(1);
       Scope().go([] { lock_thread(); });  // on the first thread; main goes on on another
       expect(self() != &m0, "main is elsewhere");
       notewakeup(m0.park);
       for (;;) (void)raw_syscall(SYS_sched_yield);
     }},
    {"minit: sigaltstack failed",
     [] {
       // On the signal stack, which cannot be changed there.
       constexpr int kSigUsr1 = 10;
       (void)os::set_handler(kSigUsr1, [](int, void*, void*) { minit(); });
       (void)os::tgkill(process_id(), thread_id(), kSigUsr1);
     }},
    {"minit: no memory for a signal stack",
     [] {
       os::min_signal_stack = size_t{1} << 60;
       minit();
     }},
    // lock.cc
    {"unlock: lock count",
     [] {
       Lock lock(Rank::kSched);
       lock.unlock();
     }},
#ifndef NDEBUG
    {"lock ordering problem",
     [] {
       Lock first(Rank::kStacks), second(Rank::kSched);
       const LockGuard outer(first);
       const LockGuard inner(second);
     }},
    {"lock ordering problem",
     [] {
       Lock first(Rank::kBucket), second(Rank::kBucket);
       const LockGuard outer(first);
       const LockGuard inner(second);
     }},
#endif
    // threads.cc, sync.cc
    {"LockOSThread nesting overflow",
     [] {
       lock_thread();
       self()->locked_ext = UINT32_MAX;
       lock_thread();
     }},
    {"NoPreempt nesting overflow",
     [] {
       getg()->no_preempt = UINT16_MAX;
       const NoPreempt scope;
     }},
    {"sync: negative WaitGroup counter",
     [] {
       WaitGroup group;
       group.add(1);
       group.done();
       group.done();
     }},
    {"sync: negative WaitGroup counter", [] { WaitGroup().add(-1); }},
    {"sync: WaitGroup misuse: Add called concurrently with Wait",
     [] {
       WaitGroup group;
       poke(&group, 0, 1, 8);
       group.add(1);
     }},
    // result.h
    {"Result: an error was expected, and there is none", [] { (void)Result<int>(1).error(); }},
    {"connect: Connection refused", [] { (void)Result<int>(Error{Errno::connection_refused, "connect"}).value(); }},
    {"connect: Connection refused", [] { Result<void>(Error{Errno::connection_refused, "connect"}).value(); }},
    // The start library's; what the standard library's headers need is in std_failures.
    {"static initialisation ended twice",
     [] {
       static uint64_t guard = 0;
       (void)__cxa_guard_acquire(&guard);
       __cxa_guard_release(&guard);
       __cxa_guard_release(&guard);
     }},
    {"a text of the user's", [] { fatal("a text of the user's"); }},
    {"a text of the user's", [] { on_foreign_thread([](void*) { fatal("a text of the user's"); }); }},
};

char buffer[256 * 1024];

}  // namespace

int main(int argc, char** argv) {
  const std::string_view only = argc > 1 ? argv[1] : "";
  int wrong = 0;
  for (const Check& c : kChecks) {
    if (c.text.find(only) == std::string_view::npos) continue;
    const Ending end = run_child(buffer, [&] {
      c.provoke();
      for (;;) (void)raw_syscall(SYS_sched_yield);  // it may come from another thread
    });
    constexpr std::string_view kHead = "fatal error: ";
    const size_t at = end.text.find(kHead);
    const bool right =
        end.status == 2 && at != std::string_view::npos && end.text.substr(at + kHead.size()).starts_with(c.text);
    if (right) continue;
    eprint("{}: status {}\n{}\n", c.text, end.status, end.text);
    ++wrong;
  }
  return wrong != 0 ? 1 : 0;
}
