// SPDX-License-Identifier: MIT
// A G that ends with its thread locked gives its P to nobody, for there are as many threads as there may be, or the kernel
// refuses another one for a while; but its own thread ends, so there may be one more: the Gs that wait are run. main keeps the
// first thread and waits for them; nobody else is awake. early: all that is over, thread included, before the creator of that
// thread has come back from its birth, which was granted, to tell so.
// cases: limit kernel early
// timeout: 20
#include "expect.h"
#include "thread_hook.h"

using namespace mstart;

namespace {

constexpr int kMostThreads = 3;  // main's, the template thread, one more

// The first thread that runs Gs is the second one.
void return_late(int n, bool (*ended)()) {
  while (n == 2 && !ended()) (void)raw_syscall(SYS_sched_yield);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  set_procs(1);
  if (which != "limit") ThreadHook::install();
  if (which == "kernel") ThreadHook::refuse = [](int n) { return n >= 2 && n < 5; };
  if (which == "early") ThreadHook::on_made = return_late;
  if (which != "kernel") set_max_threads(kMostThreads);
  lock_thread();
  std::atomic<int> ran{0};
  for (int i = 0; i < 10; ++i) {
    Scope scope;
    scope.go([&] { ++ran; });
    scope.go([&] {  // runs first
      lock_thread();
      ++ran;
    });
  }
  expect_equal(ran, 20, "Gs that ran");
  expect(stats().births_refused > 0, "births were refused");
}
