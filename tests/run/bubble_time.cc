// SPDX-License-Identifier: MIT
// In a bubble (Go's synctest: TestNow, TestTimerReset, TestTimeAfter, TestTimerNondeterminism, TestTimerFromOutsideBubble)
// the clocks start at a fixed point and every wait takes exactly the time that it should, whatever waits; outside time goes
// on as always.
// no-stderr
#include <memory>
#include <mutex>

#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{946'684'800s};

// What f takes by the bubble's clock is d.
template <class F>
void takes(Duration d, std::string_view what, F&& f) {
  const TimePoint start = Clock::now();
  f();
  expect_equal((Clock::now() - start).count(), d.count(), what);
}

void fixed_point() {
  const TimePoint outside = Clock::now();
  for (int i = 0; i < 2; ++i) {
    Bubble bubble;
    const int status = bubble.run([&] {
      expect(Clock::now() == kStart, "Clock's start");
      expect(WallClock::now() == std::chrono::sys_days(std::chrono::year(2000) / 1 / 1), "WallClock's start");
      takes(5h, "a sleep", [] { sleep_for(5h); });
      expect(WallClock::now() - std::chrono::sys_days(std::chrono::year(2000) / 1 / 1) == 5h, "WallClock goes along");
      takes(0s, "a computation", [] {
        for (volatile int turns = 0; turns < 100'000;) turns = turns + 1;
      });
      return 7;
    });
    expect_equal(status, 7, "what f returns");
  }
  expect(Clock::now() - outside < 5h, "outside");
  expect(Clock::now() >= outside, "outside");
}

void every_wait() {
  Bubble().run([] {
    takes(1ns, "sleep_for", [] { sleep_for(1ns); });
    takes(3h, "sleep_until", [] { sleep_until(Clock::now() + 3h); });
    takes(0s, "the past", [] { sleep_until(kStart); });
    takes(2s, "after", [] {
      const TimePoint sent = *after(2s).recv();
      expect(sent == Clock::now(), "the time that after sends");
    });
    takes(0s, "a timer that is late already", [] { (void)after(-1h).recv(); });
    const Chan<int> nobody;
    takes(4s, "select", [&] { expect_equal(select(recv(nobody), timeout(4s)), 1, "select"); });
    takes(4s, "select", [] { expect_equal(select(timeout(9s), timeout(4s)), 1, "select"); });
    takes(0s, "select", [&] { expect_equal(select(recv(nobody), timeout(kStart)), 1, "select"); });
    takes(1min, "Context", [] {
      const Context context = Context().with_timeout(1min);
      (void)context.done().recv();
      expect(context.err() == Errno::timed_out && context.deadline() == Clock::now(), "Context");
    });
    CondVar changed;
    Mutex mutex;
    std::unique_lock lock(mutex);
    takes(1h, "CondVar", [&] { expect(!changed.wait_for(lock, 1h), "CondVar"); });
    takes(2h, "Semaphore", [] { expect(!Semaphore(0).try_acquire_for(2h), "Semaphore"); });
    takes(30s, "Ticker", [] {
      const Ticker ticker(10s);
      for (int i = 0; i < 3; ++i) {
        const TimePoint tick = *ticker.c().recv();
        expect(tick == Clock::now(), "the time of a tick");
      }
    });
    takes(9s, "a Task that sleeps", [] { spawn([] { sleep_for(9s); }).join(); });
  });
}

void reset() {
  Bubble().run([] {
    const Timer timer(5h);
    timer.reset(1h);
    takes(1h, "earlier", [&] { (void)timer.c().recv(); });
    timer.reset(1h);
    expect(timer.reset(3h), "pending");
    takes(3h, "later", [&] { (void)timer.c().recv(); });
    int calls = 0;
    const Timer call = after_func(1s, [&calls] { ++calls; });
    expect(call.stop(), "pending");
    sleep_for(2s);
    expect_equal(calls, 0, "a stopped after_func");
    call.reset(1s);
    sleep_for(2s);
    expect_equal(calls, 1, "after_func");
  });
}

// after_func's G, and what that starts, are in the bubble.
void members() {
  Bubble bubble;
  bubble.run([&] {
    int i = 0;
    after_func(1s, [&] {
      ++i;
      go([&] {
        takes(1s, "the G of a G of a timer", [] { sleep_for(1s); });
        ++i;
      });
    });
    sleep_for(3s);
    bubble.wait();
    expect_equal(i, 2, "both have run");
  });
}

void at_the_same_time() {
  bool seen[3] = {};
  for (int i = 0; i < 10'000 && !(seen[0] && seen[1] && seen[2]); ++i) {
    Bubble().run([&] {
      const Timer a(1s), b(1s), c(1s);
      std::optional<TimePoint> t;
      seen[select(recv(a.c(), t), recv(b.c(), t), recv(c.c(), t))] = true;
      expect(*t == kStart + 1s, "whichever");
    });
  }
  expect(seen[0] && seen[1] && seen[2], "timers of one moment fire in any order");
}

// Timers that are pending at the end never fire. Their handles may be dropped later, in another bubble even; f's copy goes.
void pending_at_the_end() {
  const auto counted = std::make_shared<int>(0);
  Chan<TimePoint> channel(nullptr);
  Timer timer, call;
  Context context;
  Bubble().run([&] {
    channel = after(1s);
    timer = Timer(2s);
    call = after_func(3s, [counted] { ++*counted; });
    after_func(4s, [counted] { ++*counted; });
    context = Context().with_timeout(5s);
  });
  expect_equal(counted.use_count(), 2, "of the pending calls one has a handle");
  call = Timer();
  expect_equal(counted.use_count(), 1, "none has");
  Bubble().run([&] {
    sleep_for(10s);
    timer = Timer();
    channel = nullptr;
  });
  expect(context.err() == Errno{} && *counted == 0, "they never fire");
}

// It is in no bubble: the G that waits for it can be woken by another time than the bubble's, for which that waits.
void from_outside() {
  const Timer timer(1ms);
  const Context context = Context().with_timeout(1h);
  Bubble().run([&] {
    takes(0s, "a timer from outside", [&] { (void)timer.c().recv(); });
    takes(2h, "a Context from outside", [&] { (void)context.with_timeout(2h).done().recv(); });
  });
}

}  // namespace

int main() {
  fixed_point();
  every_wait();
  reset();
  members();
  at_the_same_time();
  pending_at_the_end();
  from_outside();
}
