// SPDX-License-Identifier: MIT
// A G that is locked to its thread sleeps: the thread waits for it, so another one must run its timer. Alone in the process, and
// many at once.
#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

int main() {
  lock_thread();
  const int tid = thread_id();
  for (int i = 0; i < 20; ++i) {
    sleep_for(100us);
    expect_equal(thread_id(), tid, "its thread");
  }
  Scope scope;
  for (int i = 0; i < 20; ++i) {
    scope.go([] {
      lock_thread();
      const int mine = thread_id();
      for (int k = 0; k < 20; ++k) {
        sleep_for(200us);
        expect_equal(thread_id(), mine, "its thread");
      }
    });
  }
  scope.wait();
}
