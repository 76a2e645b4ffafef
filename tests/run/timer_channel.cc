// SPDX-License-Identifier: MIT
// Timer, after and their channels (Go's TestAfter*, TestReset, TestAfterQueuing, TestOverflowSleep): on time or late, never early;
// one value; none stale after stop or reset; alive as long as a handle to the timer or to its channel is.
// no-stderr
#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

bool holds_nothing(const Chan<TimePoint>& c) {
  std::optional<TimePoint> t;
  return !c.try_recv(t);
}

void on_time() {
  for (const Duration d : {Duration(0), Duration(-1s), Duration(200us), Duration(2ms)}) {
    const TimePoint start = Clock::now();
    const TimePoint sent = *after(d).recv();
    expect(sent - start >= d && Clock::now() >= sent, "after");
    expect(holds_nothing(Timer(1h).c()), "a timer of an hour");
  }
}

// In a bubble: each comes exactly when it should, so all come in order.
void queuing() {
  for (const Duration delta : {Duration(1), Duration(10us), Duration(1h)}) {
    constexpr int kSlots[] = {5, 3, 6, 6, 6, 1, 1, 2, 7, 9, 4, 8, 0};
    const TimePoint start = Clock::now();
    struct Result {
      int slot;
      TimePoint at;
    };
    const Chan<Result> results(std::size(kSlots));
    for (const int slot : kSlots) {
      go([=] {
        const TimePoint at = *after(slot * delta).recv();
        results.send({slot, at});
      });
    }
    int sum = 0, last = 0;
    for (size_t i = 0; i < std::size(kSlots); ++i) {
      const Result r = *results.recv();
      expect(r.at - start == r.slot * delta && r.slot >= last, "a slot's time");
      last = r.slot;
      sum += r.slot;
    }
    expect_equal(sum, 58, "all slots");
  }
}

void stop_and_reset() {
  for (int i = 0; i < rounds(300); ++i) {
    const Timer t(i % 3 * 20us);
    if (i % 2 == 0) sleep_for(30us);
    // Fired or not: what nobody has received is taken back.
    expect(t.stop(), "pending, or not received");
    expect(holds_nothing(t.c()), "stale after stop");
    expect(!t.stop(), "stopped already");
    const TimePoint start = Clock::now();
    expect(!t.reset(50us), "was not pending");
    if (i % 5 == 0) sleep_for(60us);
    expect(t.reset(100us), "pending, or not received");
    const TimePoint sent = *t.c().recv();
    expect(sent - start >= 100us, "stale after reset");
    expect(!t.stop() && holds_nothing(t.c()), "received");
  }
}

void earlier_and_later() {
  const Timer t(1h);
  expect(t.reset(1ms) && t.c().recv().has_value(), "from an hour to a millisecond");
  t.reset(1ms);
  expect(t.reset(1h), "from a millisecond to an hour");
  sleep_for(3ms);
  expect(holds_nothing(t.c()), "an hour");
  expect(t.reset(0s) && t.c().recv().has_value(), "to nothing");
}

void overflow() {
  const Chan<TimePoint> big = after(Duration::max());
  expect(holds_nothing(big), "292 years");
  sleep_for(1ms);
  expect(holds_nothing(big), "292 years");
  expect(after(Duration::min()).recv().has_value(), "before it was asked for");
}

void handles() {
  Timer empty;
  expect(!empty && empty == Timer(), "empty");
  Timer a(1ms);
  const Timer b = a;
  expect(a == b && a.c() == b.c() && a != Timer(1h), "copies are one timer");
  empty = std::move(a);
  expect(!a && empty == b, "moved");
  // The channel alone keeps it, with a G that waits, and so does nobody.
  Chan<TimePoint> c = Timer(1ms).c();
  expect(c.recv().has_value(), "by the channel alone");
  for (int i = 0; i < rounds(2000); ++i) {
    (void)Timer(i % 7 * 1us).c();
    (void)after(1h);
    if (i % 16 == 0) yield();
  }
}

}  // namespace

int main() {
  on_time();
  Bubble().run(queuing);
  stop_and_reset();
  earlier_and_later();
  overflow();
  handles();
}
