// SPDX-License-Identifier: MIT
// 100,000 Gs at once, each waiting on a stack of its own; then each runs on.
#include "expect.h"

using namespace mstart;

int main() {
  // Where guards cost a mapping each, as under emulation, the kernel's limit of 65,530 mappings comes first.
  const int n = emulated() ? 20'000 : 100'000;
  std::atomic<int64_t> sum{0};
  std::atomic<int> here{0};
  Gate gate;
  Scope scope;
  for (int i = 0; i < n; ++i) {
    scope.go([&, i] {
      ++here;
      gate.wait();
      sum += i;
    });
  }
  expect_equal(num_g(), n + 1, "Gs");
  wait_until([&] { return here == n; });
  gate.open();
  scope.wait();
  expect_equal(sum, int64_t{n} * (n - 1) / 2, "the sum");
}
