// SPDX-License-Identifier: MIT
// Several threads are asked for on a locked thread while the template thread is busy with one: all of them are made, and every
// P comes back.
// timeout: 20
#include "thread_hook.h"

using namespace mstart;
using namespace mstart::runtime;

int main() {
  constexpr uint32_t kOthers = 3;
  static std::atomic<bool> hold{false};
  static std::atomic<int> held{0};
  ThreadHook::refuse = [](int) {
    if (hold) ++held;
    while (hold) (void)raw_syscall(SYS_sched_yield);
    return false;
  };
  ThreadHook::install();
  set_procs(1 + kOthers);
  (void)procs();
  lock_thread();  // the template thread is made
  hold = true;
  for (uint32_t i = 0; i < kOthers; ++i) {
    P* p;
    int64_t id;
    {
      const LockGuard guard(sched.lock);
      p = pidleget();
      id = mReserveID();
    }
    expect(p != nullptr && id >= 0 && newm(nullptr, p, id), "a birth that is asked for");
    while (held == 0) (void)raw_syscall(SYS_sched_yield);  // the first one is being made
  }
  expect_equal(sched.idle.look().idle_ps(), 0, "idle Ps");
  hold = false;
  while (sched.idle.look().idle_ps() != kOthers) (void)raw_syscall(SYS_sched_yield);
}
