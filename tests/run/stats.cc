// SPDX-License-Identifier: MIT
// stats() counts what has happened.
#include "expect.h"

using namespace mstart;

int main() {
  set_procs(2);
  const Stats first = stats();
  expect(first.gs_created == 1 && first.gs_ended == 0, "main is a G");
  expect(first.ms_created == 1 && first.ms_ended == 0, "the first thread is one");
  {
    Scope scope;
    for (int i = 0; i < 1000; ++i) scope.go([] { yield(); });
  }
  wait_until([] { return num_g() == 1; });
  Stats s = stats();
  expect_equal(static_cast<int64_t>(s.gs_created), 1001, "Gs created");
  expect_equal(static_cast<int64_t>(s.gs_ended), 1000, "Gs ended");
  expect(s.wakes > 0, "an M was woken");
  expect(s.ms_created >= 2, "it was a new one");
  {
    Gate gate;  // which is opened when main has parked there
    Scope scope;
    scope.go([&gate, parks = s.parks] {
      wait_until([parks] { return stats().parks > parks; });
      gate.open();
    });
    gate.wait();
  }
  const uint64_t ended = s.ms_ended, created = s.ms_created;
  lock_thread();  // or one of these Gs might run on the first thread, which cannot end
  for (int i = 0; i < 50; ++i) Scope().go([] { lock_thread(); });
  unlock_thread();
  wait_until([&] { return stats().ms_ended - ended >= 50; });
  s = stats();
  expect(s.ms_created - created >= 50, "threads created");
  expect_equal(static_cast<int64_t>(s.births_refused), 0, "births refused");
  expect_equal(num_m(), static_cast<int64_t>(s.ms_created - s.ms_ended), "num_m");
  wait_until([] {  // Gs that wait in the queue of a P whose G does not yield are stolen
    std::atomic<bool> ran{false};
    Scope scope;
    scope.go([&] { ran = true; });
    while (!ran) (void)raw_syscall(SYS_sched_yield);
    return stats().steals > 0;
  });
}
