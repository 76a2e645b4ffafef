// SPDX-License-Identifier: MIT
// The timeline of births by pthread_create: from clone entered, which is that call here, to the first G.
// env: MSTART_DEBUG=birth=1
// stderr: births: 1,
// stderr: refused or unfinished: 0
// stderr: clone entered -> first instruction
#include "../run/expect.h"

using namespace mstart;

int main() {
  return run({.procs = 2}, [] {
    std::atomic<bool> elsewhere{false};
    const int first = thread_id();
    while (!elsewhere) {
      Scope().go([&] { elsewhere = elsewhere || thread_id() != first; });
      (void)raw_syscall(SYS_sched_yield);
    }
  });
}
