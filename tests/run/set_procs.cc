// SPDX-License-Identifier: MIT
// Before the first go() the number of Ps can be set, again and again, in bounds; never more Gs run at once.
#include "expect.h"

using namespace mstart;

int main() {
  const int at_first = set_procs(0);
  expect(at_first >= 1, "what it is at first");
  expect_equal(set_procs(-5), at_first, "no change below 1");
  expect_equal(set_procs(100'000), at_first, "the previous value");
  expect_equal(set_procs(3), 1024, "no more than 1,024");
  expect_equal(set_procs(3), 3, "the previous value");
  expect_equal(procs(), 3, "procs()");
  std::atomic<int> running{0}, most{0};
  {
    Scope scope;
    for (int i = 0; i < 100; ++i) {
      scope.go([&] {
        for (int n = 0; n < 20; ++n) {
          const int now = ++running;
          int seen = most;
          while (now > seen && !most.compare_exchange_weak(seen, now)) {
          }
          for (int k = 0; k < 2000; ++k) asm volatile("");
          --running;
          yield();
        }
      });
    }
  }
  expect(most <= 3, "no more Gs run at once than there are Ps");
  expect_equal(set_procs(3), 3, "no change is no error, later");
  expect_equal(procs(), 3, "procs()");
}
