// SPDX-License-Identifier: MIT
// The template thread is refused, and so is every birth that a locked thread asks for: nothing waits for it, no P is lost. When
// threads are to be had again, the next lock_thread() makes it.
// timeout: 30
#include "thread_hook.h"

using namespace mstart;

int main() {
  constexpr int kPs = 3;
  static std::atomic<bool> refused{true};
  ThreadHook::refuse = [](int) { return refused.load(); };
  ThreadHook::install();
  set_procs(kPs);
  lock_thread();
  while (stats().births_refused < 4) {  // one after the other, when each back-off is over
    go([] {});
    (void)raw_syscall(SYS_sched_yield);
  }
  unlock_thread();
  refused = false;

  // While main is locked it makes no thread itself; and it does not park, so others run on another thread only.
  const int mine = thread_id();
  static std::atomic<bool> elsewhere{false};
  while (!elsewhere) {
    const ThreadLock lock;
    go([=] { elsewhere = elsewhere || thread_id() != mine; });
    for (int i = 0; i < 1000 && !elsewhere; ++i) (void)raw_syscall(SYS_sched_yield);
  }

  std::atomic<int> here{0};
  Scope scope;
  for (int i = 0; i < kPs; ++i) {
    scope.go([&] {
      for (++here; here != kPs;) (void)raw_syscall(SYS_sched_yield);
    });
  }
}
