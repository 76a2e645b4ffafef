// SPDX-License-Identifier: MIT
// Births that are refused are survived (I8): the right answer, one diagnosis, status 0. By a hook in the kernel's place, so
// which births are refused is known: all, for good; the first few; every other one. In the end there are threads, if any
// was granted.
// cases: all first_few every_other locked_later
// stdout: the right answer
// once: runtime: failed to create new OS thread (have
// timeout: 30
#include "thread_hook.h"

using namespace mstart;

namespace {

void work(int locked) {
  std::atomic<int> sum{0};
  for (int i = 0; i < 50; ++i) {
    Gate gate;
    Scope scope;
    for (int n = 0; n < 40; ++n) {
      scope.go([&, n] {
        if (n < locked) lock_thread();
        gate.wait();
        for (int k = 0; k < 10; ++k) {
          ++sum;
          yield();
        }
        if (n < locked) unlock_thread();
      });
    }
    yield();
    gate.open();
  }
  expect_equal(sum, 50 * 40 * 10, "the sum");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  ThreadHook::install();
  set_procs(4);
  static bool all = which == "all" || which == "locked_later";
  if (all)
    ThreadHook::refuse = [](int) { return all; };
  else if (which == "first_few")
    ThreadHook::refuse = [](int n) { return n < 5; };
  else
    ThreadHook::refuse = [](int n) { return n % 2 == 0; };
  work(0);
  if (which == "locked_later") all = false;
  if (which != "all") {
    wait_until([] {  // asked for again and again while there is work
      work(0);
      return num_m() > 1;
    });
    work(which == "locked_later" ? 3 : 1);
  }
  expect((num_m() > 1) == (which != "all"), "threads");
  expect(stats().births_refused > 0, "refused births are counted");
  print("the right answer\n");
}
