// SPDX-License-Identifier: MIT
// A G that ends with its thread locked gives its P to nobody, for there are as many threads as there may be, or the kernel
// refuses another one for a while; but its own thread ends, so there may be one more: the Gs that wait are run. main keeps the
// first thread and waits for them; nobody else is awake.
// cases: limit kernel
// timeout: 20
#include "expect.h"
#include "thread_hook.h"

using namespace mstart;

int main(int argc, char** argv) {
  set_procs(1);
  if (which_case(argc, argv) == "limit") {
    set_max_threads(3);  // main's, the template thread, one more
  } else {
    ThreadHook::install();
    ThreadHook::refuse = [](int n) { return n >= 2 && n < 5; };
  }
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
