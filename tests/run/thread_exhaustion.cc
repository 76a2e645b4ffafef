// SPDX-License-Identifier: MIT
// No G can ever run again because all threads that there may be are locked to Gs that wait: that is said (Go's
// ThreadExhaustion).
// status: 2
// stderr: runtime: program exceeds 10-thread limit
// stderr: fatal error: thread exhaustion
// timeout: 20
#include "expect.h"

using namespace mstart;

int main() {
  expect_equal(set_max_threads(10), 10'000, "the limit at first");
  expect_equal(set_max_threads(0), 10, "the limit, asked for");
  for (int i = 0; i < 100; ++i) {
    go([] {
      lock_thread();
      wait_for_ever();
    });
  }
  wait_for_ever();
}
