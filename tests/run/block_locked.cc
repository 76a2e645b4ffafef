// SPDX-License-Identifier: MIT
// A G that keeps its thread and one that does not wait for each other in turn: each wake of the locked one brings a P to
// its thread (Go's TestBlockLocked).
#include "expect.h"

using namespace mstart;

int main() {
  const int n = rounds(5000);
  WaitGroup ping, pong;
  ping.add(1);
  pong.add(1);
  int ball = 0;
  Scope scope;
  scope.go([&] {
    const ThreadLock lock;
    const int thread = thread_id();
    for (int i = 0; i < n; ++i) {
      ping.wait();
      ping.add(1);
      expect_equal(thread_id(), thread, "the thread of a locked G");
      expect_equal(ball++, 2 * i, "the ball");
      pong.done();
    }
  });
  for (int i = 0; i < n; ++i) {
    ping.done();
    pong.wait();
    pong.add(1);
    expect_equal(ball++, 2 * i + 1, "the ball");
  }
  scope.wait();
}
