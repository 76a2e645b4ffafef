// SPDX-License-Identifier: MIT
// With one P: when a G with its thread locked parks or yields, its thread hands the P over and others run; when it is ready
// again the P comes back to its thread.
#include "expect.h"

using namespace mstart;

int main() {
  set_procs(1);
  lock_thread();
  const int mine = thread_id();
  int sum = 0;  // one P: no two Gs run at once
  for (int i = 0; i < rounds(5000); ++i) {
    Scope scope;
    for (int n = 0; n < 3; ++n) {
      scope.go([&] {
        expect(thread_id() != mine, "nobody else runs on a locked thread");
        ++sum;
      });
    }
    if (i % 2 == 0) yield();
    scope.wait();
    expect_equal(thread_id(), mine, "the thread of main");
  }
  expect_equal(sum, 3 * rounds(5000), "the sum");
  expect(num_m() < 20, "the same few threads did it");
}
