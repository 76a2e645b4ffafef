// SPDX-License-Identifier: MIT
// Gs that keep all Ps busy, passing values or making system calls, do not keep a timer from firing (Go's TestTimerFairness, 2).
// cases: channels calls
// env: MSTART_PROCS=2
// timeout: 60
#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
  const bool calls = which_case(argc, argv) == "calls";
  std::atomic<bool> stop{false};
  const Chan<int> numbers;
  Scope scope;
  for (int i = 0; i < 2; ++i) {
    scope.go([&] {
      while (!stop) {
        if (calls) (void)raw_syscall(SYS_getppid);
        if (select(send(numbers, 1), timeout(1ms)) != 0) yield();
      }
    });
  }
  const Chan<TimePoint> timer = after(20ms);
  for (int64_t n = 0;; ++n) {
    if (select(recv(numbers), recv(timer)) == 1) break;
    expect(n < 2'000'000'000, "the timer fires");
  }
  stop = true;
}
