// SPDX-License-Identifier: MIT
// At the limit of threads work goes on with those there are: the right answer, and it is said once. free: no G keeps its
// thread; some_locked: a few do; all_locked: more than there may be threads, and each of them yields; only_thread: the
// one thread is locked, there is no template thread, and others wait for it.
// cases: free some_locked all_locked only_thread
// once: (set_max_threads): work waits for a thread
// timeout: 20
#include "expect.h"

using namespace mstart;

namespace {

int work(std::string_view which) {
  std::atomic<int> sum{0};
  Scope scope;
  const int locked = which == "free" ? 0 : which == "all_locked" ? 20 : 2;
  if (which == "only_thread") lock_thread();
  for (int i = 0; i < 20; ++i) {
    scope.go([&, i] {
      if (i < locked) lock_thread();
      for (int n = 0; n < 100; ++n) {
        yield();
        ++sum;
      }
      if (i < locked) unlock_thread();
    });
  }
  Gate gate;
  for (int i = 0; i < 1000; ++i) {
    scope.go([&] {
      gate.wait();
      for (int n = 0; n < 20; ++n) {
        ++sum;
        yield();
      }
    });
  }
  gate.open();
  if (which == "only_thread") {
    for (int n = 0; n < 100; ++n) yield();
    unlock_thread();
  }
  scope.wait();
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  const int limit = which == "all_locked" ? 4 : which == "some_locked" ? 2 : 1;
  set_procs(8);
  set_max_threads(limit);
  expect_equal(work(which), 20 * 100 + 1000 * 20, "the sum");
  expect(num_m() <= limit, "no more threads than allowed");
  expect(stats().births_refused != 0, "refused births are counted");
}
