// SPDX-License-Identifier: MIT
// The last threads that might have run something are refused, when all others sleep: that is a deadlock, and it is said. main
// is locked, so the template thread asks for them; the hook lets it wait until then.
// env: MSTART_DEBUG=idle_ms=0
// status: 2
// stderr: fatal error: all goroutines are asleep - deadlock!
// timeout: 20
// freestanding-only: nobody knows what foreign threads may bring
#include "thread_hook.h"

using namespace mstart;
using runtime::sched;

int main() {
  static std::atomic<bool> refuse{false};
  ThreadHook::refuse = [](int) {
    if (!refuse) return false;
    for (bool all_sleep = false; !all_sleep;) {
      (void)raw_syscall(SYS_sched_yield);
      const runtime::LockGuard guard(sched.lock);
      all_sleep = num_g() == 1 && sched.nmidle == ThreadHook::made - 1;  // the template thread is here
    }
    return true;
  };
  ThreadHook::install();
  set_procs(3);
  lock_thread();
  std::atomic<int> here{0};
  for (int i = 0; i < 2; ++i) {  // on the other two Ps, until main sleeps
    go([&] {
      ++here;
      for (bool main_sleeps = false; !main_sleeps;) {
        (void)raw_syscall(SYS_sched_yield);
        const runtime::LockGuard guard(sched.lock);
        main_sleeps = sched.nmidlelocked == 1;
      }
    });
  }
  while (here != 2) (void)raw_syscall(SYS_sched_yield);
  refuse = true;
  go([] {});  // a thread is asked for, for the P that it is on
  wait_for_ever();
}
