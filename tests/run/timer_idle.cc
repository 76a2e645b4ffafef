// SPDX-License-Identifier: MIT
// Asleep for an hour, or with a timer of an hour, nobody wakes up: the thread that sleeps for the timer sleeps until then, and the
// other idle threads leave after idle_ms, all but the first one. An earlier timer is still on time, and more often than not
// costs no other thread a wake-up.
// env: MSTART_DEBUG=idle_ms=20
// env: MSTART_PROCS=4
// timeout: 30
#include <sys/resource.h>

#include "observe.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

void block_thread(int64_t ms) {
  const struct {
    int64_t seconds, nanoseconds;
  } time{ms / 1000, ms % 1000 * 1'000'000};
  (void)raw_syscall(SYS_nanosleep, &time, nullptr);
}

int64_t switches() {
  rusage u;
  raw_syscall(SYS_getrusage, RUSAGE_SELF, &u).value();
  return u.ru_nvcsw;
}

}  // namespace

int main() {
  std::atomic<int> here{0};
  {
    Scope scope;  // four threads
    for (int i = 0; i < 4; ++i) {
      scope.go([&] {
        for (++here; here != 4;) (void)raw_syscall(SYS_sched_yield);
      });
    }
  }
  for (int i = 0; i < 50; ++i) go([] { sleep_for(1h); });
  yield();
  // This one's thread, the one that sleeps for the hour, and the first.
  while (num_m() > 3) block_thread(1);
  const int64_t before = switches();
  block_thread(500);
  const int64_t woken = switches() - before - 1;  // one is our own
  expect(emulated() || woken == 0, "nobody wakes up for nothing");
  for (int i = 0; i < 20; ++i) {
    const TimePoint start = Clock::now();
    sleep_for(2ms);
    expect(Clock::now() - start >= 2ms, "a short sleep beside the long ones");
  }
}
