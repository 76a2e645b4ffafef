// SPDX-License-Identifier: MIT
// Gs that sleep until different times run in the order of those times, whatever order they went to sleep in: one P runs
// its timers by their deadlines, however late it is.
// env: MSTART_PROCS=1
#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

constexpr int kSleepers = 100;  // fewer than a P's queue holds, or some go the long way round

// False: it took too long to go to sleep, some had no time left.
bool sleep_in_order() {
  int order[kSleepers], asleep = 0, woken = 0;
  const TimePoint base = Clock::now() + 30ms;
  Scope scope;
  for (int i = 0; i < kSleepers; ++i) {
    const int place = i * 21 % kSleepers;  // 21 has no divisor in common with it
    scope.go([&, place] {
      ++asleep;
      sleep_until(base + place * 100us);
      order[woken++] = place;
    });
  }
  while (asleep != kSleepers) yield();
  if (Clock::now() >= base) return false;
  scope.wait();
  // Timers of one look are readied one after the other, and the last one is runnext: it is the first of its batch to run. Nobody
  // overtakes a batch, so all others are in order.
  for (int i = 0, latest = -1; i < kSleepers; ++i) {
    if (i + 1 < kSleepers && order[i + 1] < order[i]) continue;  // the first of a batch
    expect(order[i] > latest, "in order");
    latest = order[i];
  }
  return true;
}

}  // namespace

int main() {
  while (!sleep_in_order()) {
  }
}
