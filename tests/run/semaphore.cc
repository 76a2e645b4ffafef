// SPDX-License-Identifier: MIT
// Semaphore: no more than its permits at once; who waits is first, so a G that gives a permit back and takes it again does not
// overtake.
// cases: 1 4
// env: MSTART_PROCS={case}
#include "expect.h"

using namespace mstart;

namespace {

void at_most(int permits) {
  Semaphore semaphore(permits);
  std::atomic<int> inside{0}, most{0};
  Scope scope;
  for (int g = 0; g < 10; ++g) {
    scope.go([&, g] {
      for (int i = 0; i < rounds(2'000); ++i) {
        semaphore.acquire();
        const int now = ++inside;
        expect(now <= permits, "as many as permits");
        if (i % 8 == g % 8) yield();
        --inside;
        semaphore.release();
      }
    });
  }
  scope.wait();
  for (int i = 0; i < permits; ++i) expect(semaphore.try_acquire(), "all are back");
  expect(!semaphore.try_acquire(), "no more");
}

void several_at_once() {
  Semaphore semaphore(0);
  std::atomic<int> in{0};
  Scope scope;
  for (int i = 0; i < 5; ++i) {
    scope.go([&] {
      semaphore.acquire();
      ++in;
    });
  }
  semaphore.release(0);
  semaphore.release(2);
  wait_until([&] { return in == 2; });
  for (int i = 0; i < 50; ++i) yield();
  expect_equal(in, 2, "two permits");
  semaphore.release(4);
  scope.wait();
  expect(semaphore.try_acquire() && !semaphore.try_acquire(), "one is left");
}

// The waiter has the permit when release() returns.
void no_overtaking() {
  Semaphore semaphore(1);
  semaphore.acquire();
  std::atomic<bool> waits{false}, has_it{false};
  Scope scope;
  scope.go([&] {
    waits = true;
    semaphore.acquire();
    has_it = true;
    semaphore.release();
  });
  wait_until([&] { return waits.load(); });
  for (int i = 0; i < 10; ++i) yield();
  semaphore.release();
  semaphore.acquire();
  expect(procs() > 1 || has_it, "the waiter was first");
}

}  // namespace

int main() {
  for (const int permits : {1, 3}) at_most(permits);
  several_at_once();
  no_overtaking();
}
