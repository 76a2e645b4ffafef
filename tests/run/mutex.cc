// SPDX-License-Identifier: MIT
// Mutex: one G at a time, by lock() and by try_lock(); any G may unlock; the standard's lock classes work.
#include <mutex>

#include "expect.h"

using namespace mstart;

namespace {

void hammer() {
  Mutex mutex;
  int inside = 0;
  int64_t count = 0;
  const int n = rounds(10'000);
  Scope scope;
  for (int g = 0; g < 10; ++g) {
    scope.go([&, g] {
      for (int i = 0; i < n; ++i) {
        if (i % 3 == 0) {
          while (!mutex.try_lock()) yield();
        } else {
          mutex.lock();
        }
        expect(++inside == 1, "alone");
        ++count;
        if (i % 64 == g) yield();  // a switch, and perhaps a migration, while it is locked
        --inside;
        mutex.unlock();
      }
    });
  }
  scope.wait();
  expect_equal(count, 10 * n, "what was counted");
  expect(mutex.try_lock(), "free at the end");
  expect(!mutex.try_lock(), "locked");
}

void another_unlocks() {
  Mutex mutex;
  mutex.lock();
  go([&] { mutex.unlock(); });
  mutex.lock();
}

// Two that take two mutexes in different orders.
void two_at_once() {
  Mutex a, b;
  int count = 0;
  Scope scope;
  for (int g = 0; g < 2; ++g) {
    scope.go([&, g] {
      for (int i = 0; i < rounds(2'000); ++i) {
        if (g == 0) {
          const std::scoped_lock both(a, b);
          ++count;
        } else {
          std::unique_lock first(b, std::defer_lock), second(a, std::defer_lock);
          std::lock(first, second);
          ++count;
        }
        yield();
      }
    });
  }
  scope.wait();
  expect_equal(count, 2 * rounds(2'000), "with both");
}

constinit Mutex global;

}  // namespace

int main() {
  set_procs(4);
  hammer();
  another_unlocks();
  two_at_once();
  const std::lock_guard guard(global);
}
