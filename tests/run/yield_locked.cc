// SPDX-License-Identifier: MIT
// A G may yield with its thread locked, stays on that thread, and may end without unlocking it (Go's TestYieldLocked).
#include "expect.h"

using namespace mstart;

int main() {
  Scope scope;
  for (int n = 0; n < 4; ++n) {
    scope.go([] {
      lock_thread();
      const int thread = thread_id();
      for (int i = 0; i < 1000; ++i) {
        yield();
        expect_equal(thread_id(), thread, "the thread of a locked G");
      }
      // unlock_thread() is left out deliberately.
    });
  }
  scope.wait();
}
