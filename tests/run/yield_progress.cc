// SPDX-License-Identifier: MIT
// With one P, yield() lets another G run, and comes back; also if one of the two keeps its thread (Go's TestYieldProgress,
// TestYieldLockedProgress).
// cases: free locked both_locked
#include "expect.h"

using namespace mstart;

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  set_procs(1);
  std::atomic<int> turns{0};
  std::atomic<bool> stop{false};
  Scope scope;
  scope.go([&] {
    if (which != "free") lock_thread();
    while (!stop) {
      ++turns;
      yield();
    }
    if (which != "free") unlock_thread();
  });
  if (which == "both_locked") lock_thread();
  for (int i = 1; i <= 1000; ++i) {
    const int before = turns;
    for (int n = 0; turns == before; ++n) {
      expect(n < 1000, "yield lets the other G run");
      yield();
    }
  }
  stop = true;
  scope.wait();
}
