// SPDX-License-Identifier: MIT
// The clock never moves while a G of the bubble can run, on however many Ps: whoever is woken still has the time at which
// it was woken, and a G that neither parks nor ends sees but one time.
// no-stderr
// env: MSTART_PROCS=4
#include <mutex>

#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

uint32_t next(uint32_t& seed) { return seed = seed * 1664525 + 1013904223; }

// Some hundreds of instructions, with a look at the queues now and then.
void compute(uint32_t& seed) {
  const TimePoint now = Clock::now();
  for (uint32_t i = next(seed) >> 26; i > 0; --i) {
    (void)next(seed);
    if (i % 8 == 0) yield();
  }
  expect(Clock::now() == now, "one time while it runs");
}

struct World {
  Chan<TimePoint> unbuffered, buffered{2};
  Mutex mutex;
  CondVar changed;
  TimePoint changed_at{};
  std::atomic<int> running{0};
  std::atomic<int64_t> messages{0};
};

void check_time(TimePoint sent, std::string_view what) { expect_equal((Clock::now() - sent).count(), 0, what); }

void sender(World& world, uint32_t seed, int turns) {
  for (int i = 0; i < turns; ++i) {
    sleep_for(next(seed) >> 30 == 0 ? Duration(next(seed) >> 28) : Duration(1));
    compute(seed);
    switch (next(seed) >> 30) {
      case 0:
        world.unbuffered.send(Clock::now());
        break;
      case 1:
        after_func(Duration(next(seed) >> 29), [&world, due = Clock::now()] {
          expect(Clock::now() - due < 8ns, "after_func in time");
          world.buffered.send(Clock::now());
        });
        break;
      case 2:
        go([&world, now = Clock::now(), seed]() mutable {
          check_time(now, "the start of a G");
          compute(seed);
          world.buffered.send(now);
        });
        break;
      case 3: {
        const std::lock_guard lock(world.mutex);
        world.changed_at = Clock::now();
        world.changed.notify_all();
      }
    }
  }
}

void receiver(World& world, const Chan<Unit>& over, uint32_t seed) {
  for (;;) {
    std::optional<TimePoint> sent;
    const int chosen = select(recv(world.unbuffered, sent), recv(world.buffered, sent), recv(over), timeout(3ns));
    if (chosen == 2) return;
    if (chosen < 2) {
      // A buffer may be full for a time only if nobody receives; somebody always does, in at most no time.
      check_time(*sent, "a message");
      ++world.messages;
    }
    compute(seed);
  }
}

void waiter(World& world, const bool& over) {
  std::unique_lock lock(world.mutex);
  while (!over) {
    world.changed.wait(lock);
    if (!over) check_time(world.changed_at, "a notify");
  }
}

}  // namespace

int main() {
  constexpr int kSenders = 6, kReceivers = 4, kWaiters = 3;
  for (int round = 0; round < rounds(20); ++round) {
    Bubble().run([&] {
      World world;
      const Chan<Unit> over;
      bool is_over = false;
      Scope others;
      const auto seed = static_cast<uint32_t>(round * 100);
      for (int i = 0; i < kReceivers; ++i)
        others.go([&, i] { receiver(world, over, seed + static_cast<uint32_t>(i)); });
      for (int i = 0; i < kWaiters; ++i) others.go([&] { waiter(world, is_over); });
      {
        Scope senders;
        for (int i = 0; i < kSenders; ++i)
          senders.go([&, i] { sender(world, seed + 50 + static_cast<uint32_t>(i), 200); });
      }
      sleep_for(20ns);  // those that they have started
      over.close();
      {
        const std::lock_guard lock(world.mutex);
        is_over = true;
        world.changed.notify_all();
      }
      others.wait();
      expect(world.messages > 0, "messages");
    });
  }
}
