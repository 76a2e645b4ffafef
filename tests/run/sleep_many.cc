// SPDX-License-Identifier: MIT
// 100,000 Gs sleep at once, twice; all wake up, none early.
// cases: 1 2
// env: MSTART_PROCS={case}
#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

void sleep_all(int n) {
  std::atomic<int> woken{0};
  Scope scope;
  const TimePoint base = Clock::now() + 200ms;
  for (int i = 0; i < n; ++i) {
    scope.go([&, i] {
      const TimePoint until = base + (int64_t{i} * 7919 % n) * 1us;
      sleep_until(until);
      expect(Clock::now() >= until, "not early");
      ++woken;
    });
  }
  scope.wait();
  expect_equal(woken, n, "all have woken up");
}

}  // namespace

int main() {
  // Where guards cost a mapping each, as under emulation, the kernel's limit of 65,530 mappings comes first.
  const int n = emulated() ? 10'000 : 100'000;
  sleep_all(n);
  sleep_all(n);  // their heaps have had room for so many before
}
