// SPDX-License-Identifier: MIT
// With one thread in all there is nobody else to sleep for the timers: the one that there is runs the Gs and sleeps when there
// are none.
// env: MSTART_PROCS=4
#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

int main() {
  set_max_threads(1);
  std::atomic<int> slept{0};
  Scope scope;
  for (int i = 0; i < 100; ++i) {
    scope.go([&, i] {
      for (int k = 0; k < 10; ++k) {
        sleep_for((i + k) % 7 * 100us);
        ++slept;
      }
    });
  }
  scope.wait();
  expect_equal(slept, 1000, "sleeps");
  expect_equal(num_m(), 1, "threads");
}
