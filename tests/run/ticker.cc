// SPDX-License-Identifier: MIT
// Ticker (Go's TestTicker, TestTickerReset, TestTeardown, TestAfterTick): ticks in step with the first, a late receiver misses some,
// none after stop, another interval after reset.
// no-stderr
#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

bool holds_nothing(const Chan<TimePoint>& c) {
  std::optional<TimePoint> t;
  return !c.try_recv(t);
}

void in_step() {
  const TimePoint start = Clock::now();
  const Ticker t(2ms);
  for (int i = 1; i <= 10; ++i) {
    const TimePoint tick = *t.c().recv();
    expect(tick - start >= i * 2ms, "the i-th tick, or a later one");
  }
  t.stop();
  expect(holds_nothing(t.c()), "after stop");
  sleep_for(5ms);
  expect(holds_nothing(t.c()), "long after stop");
}

// In a bubble it can be said when each tick comes.
void missed() {
  const TimePoint start = Clock::now();
  const Ticker t(1s);
  sleep_for(20500ms);
  expect_equal(static_cast<int64_t>(t.c().size()), 1, "ticks that wait");
  expect(*t.c().recv() - start == 1s, "the first waits");
  expect(*t.c().recv() - start == 21s, "the next one is in step");
}

void reset() {
  const Ticker t(1h);
  TimePoint start = Clock::now();
  t.reset(1s);
  for (int i = 1; i <= 3; ++i) expect(*t.c().recv() - start == i * 1s, "after reset");
  sleep_for(1500ms);  // one waits
  start = Clock::now();
  t.reset(2s);
  expect(*t.c().recv() - start == 2s, "none from before");
  t.stop();
  sleep_for(5s);
  expect(holds_nothing(t.c()), "after a stop");
  start = Clock::now();
  t.reset(1s);
  expect(*t.c().recv() - start == 1s, "after a stop");
}

void teardown() {
  for (int i = 0; i < rounds(500); ++i) {
    const Ticker t(1us);  // always firing
    if (i % 2 == 0) (void)t.c().recv();
    if (i % 3 == 0) t.stop();
  }
  Chan<TimePoint> c(nullptr);
  {
    const Ticker t(100us);
    c = t.c();
  }
  for (int i = 0; i < 3; ++i) expect(c.recv().has_value(), "by the channel alone");
}

void many_reset() {
  const Ticker t(1ms);
  Scope scope;
  for (int g = 0; g < 8; ++g) {
    scope.go([&, g] {
      for (int i = 0; i < rounds(1000); ++i) {
        if ((i + g) % 5 == 0)
          t.stop();
        else
          t.reset((i % 20 + 1) * 1us);
        if (i % 7 == 0) yield();
      }
    });
  }
  scope.wait();
  t.reset(1h);
  expect(holds_nothing(t.c()), "the last one counts");
}

}  // namespace

int main() {
  in_step();
  Bubble().run(missed);
  Bubble().run(reset);
  teardown();
  many_reset();
}
