// SPDX-License-Identifier: MIT
// The runtime's own timers, on stacks: after stop() has returned, the function does not run and will not, so the timer's memory may
// be anything at once. A start, a move, a stop and the call are weighed up: nothing is lost, nothing happens twice.
// env: MSTART_PROCS=4
// timeout: 100
#include <cstring>

#include "expect.h"
#include "os/clock.h"
#include "runtime/timer.h"

using namespace mstart;
using RuntimeTimer = runtime::Timer;

namespace {

struct Counted : RuntimeTimer {
  Counted() : RuntimeTimer(call) {}
  static void call(RuntimeTimer* self, int64_t now) {
    auto* t = static_cast<Counted*>(self);
    expect(t->alive == kAlive, "a timer that is there");
    expect(now >= t->due, "not early");
    t->inside = true;
    for (int i = 0; i < t->length; ++i) t->work = t->work + 1;
    ++t->calls;
    t->inside = false;
  }
  static constexpr uint64_t kAlive = 0x1234567812345678;
  uint64_t alive = kAlive;
  std::atomic<int64_t> due{0};  // the earliest that it may be
  volatile int work = 0;
  int length = 50;
  std::atomic<bool> inside{false};
  std::atomic<int> calls{0};
};

uint32_t next(uint32_t* state) { return *state = *state * 1664525U + 1013904223U, *state >> 8; }

void pause(uint32_t* random) {
  if (next(random) % 4 == 0) yield();
  for (volatile uint32_t i = 0, n = next(random) % 400; i < n;) i = i + 1;
}

// One G, its own timer, one stop. The function takes its time, on another thread: this one does not give way.
void on_stacks(uint32_t seed) {
  uint32_t random = seed;
  for (int i = 0; i < rounds(5000); ++i) {
    alignas(Counted) char memory[sizeof(Counted)];
    auto* t = new (memory) Counted;
    t->length = 10'000;
    t->due = os::nanotime() + next(&random) % 3000;
    expect(!t->start(t->due), "was not pending");
    if (i % 4 == 0) yield();
    const TimePoint until = Clock::now() + std::chrono::microseconds(next(&random) % 30);
    while (Clock::now() < until) {
    }
    const bool stopped = t->stop();
    expect(!t->inside, "does not run after stop");
    expect_equal(t->calls, stopped ? 0 : 1, "calls");
    expect(!t->stop(), "stopped already");
    std::memset(memory, 0xa5, sizeof memory);
  }
}

// Many Gs start, move and stop the same few timers.
constexpr int kShared = 4;
Counted shared[kShared];
std::atomic<int> armed[kShared], stopped[kShared];

void on_shared(uint32_t seed) {
  uint32_t random = seed;
  for (int i = 0; i < rounds(20'000); ++i) {
    const uint32_t which = next(&random) % kShared;
    Counted& t = shared[which];
    if (next(&random) % 3 == 0)
      stopped[which] += t.stop();
    else
      armed[which] += !t.start(os::nanotime() + next(&random) % 3000);
    pause(&random);
  }
}

// One that starts itself again, until it is stopped.
struct Periodic : RuntimeTimer {
  Periodic() : RuntimeTimer(call) {}
  static void call(RuntimeTimer* self, int64_t now) {
    ++static_cast<Periodic*>(self)->calls;
    self->start(now + 1000);
  }
  std::atomic<int> calls{0};
};

void periodic() {
  uint32_t random = 1;
  for (int i = 0; i < rounds(200); ++i) {
    Periodic t;
    t.start(0);
    wait_until([&] { return t.calls >= 3; });
    expect(t.stop(), "it always is pending when it does not run");
    const int calls = t.calls;
    pause(&random);
    expect_equal(t.calls, calls, "calls after stop");
  }
}

}  // namespace

int main() {
  {
    Scope scope;
    for (uint32_t i = 0; i < 2; ++i) scope.go([i] { on_stacks(i); });
  }
  {
    Scope scope;
    for (uint32_t i = 0; i < 8; ++i) scope.go([i] { on_shared(i); });
  }
  for (int i = 0; i < kShared; ++i) {
    stopped[i] += shared[i].stop();
    expect_equal(shared[i].calls + stopped[i], armed[i], "each start has had its call, or its stop");
    expect(shared[i].calls > 0 && stopped[i] > 0, "both have happened");
  }
  periodic();
}
