// SPDX-License-Identifier: MIT
// Threads that have had nothing to do for a while leave; when there is work again others are born (I11). The first one stays:
// without it the process looks like a zombie.
// env: MSTART_DEBUG=idle_ms=20
// timeout: 30
#include "observe.h"

using namespace mstart;

namespace {

constexpr int kPs = 6;

// All Gs run at once, so there are as many threads.
void use_all() {
  std::atomic<int> here{0};
  Scope scope;
  for (int i = 0; i < kPs; ++i) {
    scope.go([&] {
      for (++here; here != kPs;) (void)raw_syscall(SYS_sched_yield);
    });
  }
}

void sleep_a_little() {
  const struct {
    long s, ns;
  } ms{0, 1'000'000};
  (void)raw_syscall(SYS_nanosleep, &ms, nullptr);
}

}  // namespace

int main() {
  set_procs(kPs);
  for (int round = 0; round < 4; ++round) {
    const uint64_t born = stats().ms_created;
    use_all();
    expect(num_m() >= kPs, "one thread for each P");
    if (round != 0) expect(stats().ms_created > born, "threads were born again");
    // main's thread stays, and the first one if that is another.
    while (num_m() > 2) sleep_a_little();
    if (!emulated()) {
      while (threads() > 2) sleep_a_little();
    }
  }
  if (!emulated()) expect(count(ProcFile("/proc/self/status").text(), "State:\tZ") == 0, "the first thread is there");
  const Stats s = stats();
  expect(s.ms_created - s.ms_ended <= 2, "all others have ended");
}
