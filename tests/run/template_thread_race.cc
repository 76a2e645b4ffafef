// SPDX-License-Identifier: MIT
// Two Gs lock their threads for the first time in the same moment: both return, whoever starts the template thread (Go's
// TestLockOSThreadTemplateThreadRace).
// times: 100
#include "expect.h"

using namespace mstart;

int main() {
  set_procs(4);
  std::atomic<int> here{0};
  Scope scope;
  for (int i = 0; i < 2; ++i) {
    scope.go([&] {
      ++here;
      while (here != 2) (void)raw_syscall(SYS_sched_yield);
      go([] {});  // work in the queue: the P is handed over at once
      lock_thread();
      yield();
    });
  }
  scope.wait();
}
