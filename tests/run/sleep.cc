// SPDX-License-Identifier: MIT
// A sleep is never short, a deadline is met to the ns, and nothing, less than nothing and the past are no sleep at all.
// no-stderr
#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

void never_short() {
  for (const Duration d : {Duration(1), Duration(50us), Duration(100us), Duration(3ms)}) {
    const TimePoint start = Clock::now();
    sleep_for(d);
    expect(Clock::now() - start >= d, "sleep_for");
    const TimePoint until = Clock::now() + d;
    sleep_until(until);
    expect(Clock::now() >= until, "sleep_until");
  }
}

// These do not even give way: the other G of this P has not run.
void no_sleep() {
  std::atomic<bool> ran{false};
  Scope scope;
  scope.go([&] { ran = true; });
  const uint64_t parks = stats().parks;
  for (const Duration d : {Duration(0), Duration(-1), Duration::min()}) sleep_for(d);
  for (const TimePoint t : {TimePoint(), TimePoint::min(), Clock::now()}) sleep_until(t);
  expect_equal(static_cast<int64_t>(stats().parks), static_cast<int64_t>(parks), "parks");
}

// A thousand, of all lengths, at once, more than once each.
void many() {
  std::atomic<int> slept{0};
  Scope scope;
  for (int i = 0; i < 1000; ++i) {
    scope.go([&, i] {
      for (int turn = 0; turn < 3; ++turn) {
        const Duration d = ((i * 7919 + turn) % 20'000) * 1us;
        const TimePoint start = Clock::now();
        sleep_for(d);
        expect(Clock::now() - start >= d, "one of many");
        ++slept;
      }
    });
  }
  scope.wait();
  expect_equal(slept, 3000, "sleeps");
}

}  // namespace

int main() {
  never_short();
  no_sleep();
  many();
}
