// SPDX-License-Identifier: MIT
// Moments of the wake protocol (head of runtime/sched.cc) that are too short to be met, built by hand: what each leaves in the
// idle word, and what the next M makes of it.
// cases: counts wake_without_p stop_after_wake refused handed_over no_search
// timeout: 20
#include "expect.h"
#include "runtime/sched.h"

using namespace mstart;
using namespace mstart::runtime;

namespace {

M* self() { return getg()->m; }

// fn() on the scheduler's stack, as the scheduler; then this G goes on.
void on_g0(void (*fn)()) {
  park(
      [](G*, void* f) {
        reinterpret_cast<void (*)()>(f)();
        return false;
      },
      reinterpret_cast<void*>(fn), WaitReason::kForEver);
}

// All Ps but our own idle and counted, nobody awake but us.
void settle() {
  Scope().go([] {});
  for (;;) {
    {
      const LockGuard guard(sched.lock);
      const IdleState idle = sched.idle.look();
      int64_t listed = 0;
      for (const P* p = sched.pidle; p != nullptr; p = p->link) ++listed;
      if (listed == procs() - 1 && idle.spinning() == 0 && sched.nmidle == mcount() - 1) return;
    }
    (void)raw_syscall(SYS_sched_yield);
  }
}

std::atomic<bool> ran{false}, ends_process{false};

// A runnable G that sets `ran`, in no queue.
G* stray_g() {
  static constinit detail::ClosureType type{0, 1, nullptr,
                                            [](void*) noexcept {
                                              ran = true;
                                              if (ends_process) exit_process(0);
                                            },
                                            nullptr};
  static constinit G g;
  g.id = 1'000'000;
  g.type = &type;
  g.closure = g.inline_closure;
  g.status = GStatus::kRunnable;
  return &g;
}

// The word counts the Ps that are on the list.
void counts() {
  for (int round = 0; round < 100; ++round) {
    settle();
    const LockGuard guard(sched.lock);
    expect_equal(sched.idle.look().idle_ps(), procs() - 1, "idle Ps counted");
    expect(!sched.idle.look().needs_spinning(), "nobody asks for a spinner");
  }
}

// The word promises an idle P that somebody has taken meanwhile.
void wake_without_p() {
  settle();
  {
    const LockGuard guard(sched.lock);
    sched.pidle = nullptr;
  }
  wakep();
  const IdleState idle = sched.idle.look();
  expect(idle.needs_spinning(), "the wake says that it was in vain");
  expect_equal(idle.spinning(), 0, "and is no spinner any more");
}

// Between giving up its P and stopping, somebody wanted a spinner.
void stop_after_wake() {
  settle();
  on_g0([] {
    {
      const LockGuard guard(sched.lock);
      pidleput(releasep());
      sched.idle.need_spinning();
    }
    stopm();
    expect(self()->spinning && self()->p != nullptr, "it has come back to search");
    expect(!sched.idle.look().needs_spinning(), "one is enough");
    self()->spinning = false;
    (void)sched.idle.sub_spinning();
  });
}

// A birth that was refused is a wake in vain, too.
void refused() {
  settle();
  const LockGuard guard(sched.lock);
  birth_refused(nullptr, false);
  expect(sched.idle.look().needs_spinning(), "the next M is to search");
}

// A P is given up, while somebody who saw no idle P has submitted a G elsewhere.
void handed_over() {
  settle();
  on_g0([] {
    P* other;
    {
      const LockGuard guard(sched.lock);
      other = pidleget();
      while (pidleget() != nullptr) {  // all are busy
      }
    }
    expect(other->runq.put_tail(stray_g()), "room in the queue");
    handoffp(releasep());
    while (!ran) (void)raw_syscall(SYS_sched_yield);  // by another M, on our P
    exit_process(0);
  });
}

// An M does not search, as others do; they have found work meanwhile, which submitted a G while no P was idle.
void no_search() {
  settle();
  on_g0([] {
    P* other;
    {
      const LockGuard guard(sched.lock);
      other = pidleget();
      while (pidleget() != nullptr) {  // all are busy
      }
      sched.idle.add_idle_ps(sched.procs);  // half of nobody: no more Ms are to search
    }
    expect(other->runq.put_tail(stray_g()), "room in the queue");
  });
  ends_process = true;
  wait_for_ever();  // this M finds it
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  set_procs(3);
  if (which == "counts")
    counts();
  else if (which == "wake_without_p")
    wake_without_p();
  else if (which == "stop_after_wake")
    stop_after_wake();
  else if (which == "refused")
    refused();
  else if (which == "no_search")
    no_search();
  else
    handed_over();
}
