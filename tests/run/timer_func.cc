// SPDX-License-Identifier: MIT
// after_func (Go's TestAfterFunc, TestAfterStress, TestAfterStop, TestTimerStopStress): f in a new G each time it is due, though
// the handle is gone; never after stop() has said true; destroyed once, when nobody can call it any more.
// no-stderr
#include <memory>

#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

std::atomic<int> calls{0};
void count_call() { ++calls; }

void chain() {
  std::atomic<int> left{10};
  const Chan<bool> done;
  struct Next {
    std::atomic<int>* left;
    Chan<bool> done;
    void operator()() {
      if (--*left > 0)
        after_func(1ms, *this);
      else
        done.send(true);
    }
  };
  after_func(0s, Next{&left, done});
  expect(*done.recv(), "ten, each started by the one before");
}

void stress() {
  std::atomic<bool> stop{false};
  Scope scope;
  scope.go([&] {
    while (!stop) {
      sleep_for(10us);
      yield();
    }
  });
  const Chan<int> fired(64);
  constexpr int kMost = 200;
  for (int i = 0; i < kMost; ++i) after_func(i % 50 * 10us, [=] { fired.send(i); });
  int64_t sum = 0;
  for (int i = 0; i < kMost; ++i) sum += *fired.recv();
  expect_equal(sum, int64_t{kMost} * (kMost - 1) / 2, "each once");
  stop = true;
}

void stop_and_reset() {
  calls = 0;
  const Timer t = after_func(1h, count_call);
  expect(!t.c(), "no channel");
  expect(t.stop() && !t.stop(), "stopped once");
  expect(!t.reset(100us), "started again");
  wait_until([] { return calls == 1; });
  expect(!t.stop(), "it has been called");
  expect(!t.reset(1h) && t.reset(0s), "and again");
  wait_until([] { return calls == 2; });
  for (int i = 0; i < rounds(2000); ++i) {
    calls = 0;
    const Timer racing = after_func(i % 40 * 1us, count_call);
    for (volatile int k = 0; k < i % 1000;) k = k + 1;
    if (racing.stop()) {
      yield();
      expect_equal(calls, 0, "calls after a stop that said true");
    } else {
      wait_until([] { return calls == 1; });
    }
  }
}

// Hundred Gs stop what is just firing, and start more.
void stop_stress() {
  std::atomic<int> due{0}, called{0};
  {
    Scope scope;
    for (int i = 0; i < 100; ++i) {
      scope.go([&, i] {
        for (int k = 0; k < rounds(100); ++k) {
          const Timer t = after_func((i + k) % 5 * 10us, [&] { ++called; });
          if (k % 3 == 0) sleep_for(20us);
          due += !t.stop();
        }
      });
    }
  }
  wait_until([&] { return called == due; });
}

void lifetime() {
  const auto token = std::make_shared<int>(7);
  {
    const Timer kept = after_func(1h, [token] { expect(false, "in an hour"); });
    after_func(0s, [token] {
      sleep_for(100us);
      expect(*token == 7, "alive while it runs");
    });
    Timer dropped = after_func(200us, [token] { goexit(); });
    dropped = Timer();
    wait_until([&] { return token.use_count() == 2; });
    expect(kept.stop(), "still pending");
  }
  expect_equal(token.use_count(), 1, "functions that are left");
  struct Large {
    alignas(128) char bytes[500] = {};
    std::shared_ptr<int> token;
    std::atomic<bool>* done;
    void operator()() {
      expect(reinterpret_cast<uintptr_t>(this) % 128 == 0, "aligned");
      bytes[499] = 1;
      *done = true;
    }
  };
  std::atomic<bool> done{false};
  after_func(0s, Large{{}, token, &done});
  wait_until([&] { return done && token.use_count() == 1; });
}

}  // namespace

int main() {
  chain();
  stress();
  stop_and_reset();
  stop_stress();
  lifetime();
}
