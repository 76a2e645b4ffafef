// SPDX-License-Identifier: MIT
// Idle threads leave after a millisecond, and just then there is work for them: whoever wakes one gets either that thread, with
// the P, or another one. No P is lost: all of them are used in every round.
// env: MSTART_DEBUG=idle_ms=1
// timeout: 60
#include "expect.h"

using namespace mstart;

namespace {

constexpr int kPs = 3;

// Busy, so that this thread wakes the others and not the kernel this one: an end that is not the timer's.
void spin_for(int64_t ns) {
  const TimePoint end = Clock::now() + Duration(ns);
  while (Clock::now() < end) {
  }
}

}  // namespace

int main() {
  set_procs(kPs);
  lock_thread();
  for (int round = 0; round < rounds(3000); ++round) {
    std::atomic<int> here{0};
    Scope scope;
    for (int i = 0; i < kPs; ++i) {
      scope.go([&] {
        for (++here; here != kPs;) (void)raw_syscall(SYS_sched_yield);
      });
    }
    scope.wait();
    spin_for(900'000 + round % 300 * 1000);
  }
  expect(stats().ms_ended > 10, "threads have left");
}
