// SPDX-License-Identifier: MIT
// A timer of a P whose G computes and does not give way: as long as there is another P, somebody else runs it. Without that the
// two would wait for each other for ever.
// env: MSTART_PROCS=2
#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

int main() {
  int stolen = 0;
  // Until the timer was on this P, so that it had to be taken from it.
  for (int round = 0; round < rounds(100) || stolen == 0; ++round) {
    std::atomic<int> sleeper{0};
    std::atomic<bool> woken{false};
    Scope scope;
    scope.go([&] {
      sleeper = thread_id();
      sleep_for(round % 2 == 0 ? 1ms : 10us);
      woken = true;
    });
    while (sleeper == 0) yield();
    stolen += sleeper == thread_id();
    while (!woken) (void)raw_syscall(SYS_sched_yield);  // the thread, not the P
  }
  for (int round = 0; round < rounds(100); ++round) {
    // One that the computing G has started itself: it does not pass by the scheduler before it computes.
    std::atomic<bool> called{false};
    after_func(round % 2 == 0 ? 1ms : 10us, [&] { called = true; });
    while (!called) (void)raw_syscall(SYS_sched_yield);
  }
}
