// SPDX-License-Identifier: MIT
// SharedMutex: writers alone, readers together; a writer that waits is before readers that come later, and readers that wait
// for a writer are before the next one.
// cases: 1 4
// env: MSTART_PROCS={case}
#include <mutex>
#include <shared_mutex>

#include "expect.h"

using namespace mstart;

namespace {

void hammer(int readers) {
  SharedMutex mutex;
  std::atomic<int> active{0};
  int64_t written = 0;
  const int n = rounds(2'000);
  constexpr int kWriter = 10'000;
  Scope scope;
  for (int g = 0; g < readers; ++g) {
    scope.go([&, g] {
      for (int i = 0; i < n; ++i) {
        const std::shared_lock lock(mutex);
        expect(active.fetch_add(1) < kWriter, "no writer beside a reader");
        if (i % 16 == g) yield();
        active.fetch_sub(1);
      }
    });
  }
  for (int g = 0; g < 2; ++g) {
    scope.go([&] {
      for (int i = 0; i < n; ++i) {
        const std::lock_guard lock(mutex);
        expect(active.fetch_add(kWriter) == 0, "a writer is alone");
        ++written;
        if (i % 16 == 0) yield();
        active.fetch_sub(kWriter);
      }
    });
  }
  scope.wait();
  expect_equal(written, 2 * n, "what was written");
  expect(mutex.try_lock(), "free at the end");
  expect(!mutex.try_lock_shared() && !mutex.try_lock(), "locked");
  mutex.unlock();
  expect(mutex.try_lock_shared() && mutex.try_lock_shared(), "two readers");
  expect(!mutex.try_lock(), "read");
}

// All readers hold it at once.
void parallel_readers() {
  SharedMutex mutex;
  std::atomic<int> inside{0};
  constexpr int kReaders = 10;
  Scope scope;
  for (int g = 0; g < kReaders; ++g) {
    scope.go([&] {
      const std::shared_lock lock(mutex);
      ++inside;
      wait_until([&] { return inside == kReaders; });
    });
  }
}

// Read here; then a writer comes, then a reader, then another writer. They go in that order.
void order() {
  SharedMutex mutex;
  int turn = 0;
  mutex.lock_shared();
  Scope scope;
  const auto comes = [&](int place, bool writes) {
    scope.go([&, place, writes] {
      writes ? mutex.lock() : mutex.lock_shared();
      expect_equal(turn++, place, "the order");
      writes ? mutex.unlock() : mutex.unlock_shared();
    });
    yield();  // one P: it runs until it parks
  };
  comes(0, true);
  comes(1, false);
  expect(!mutex.try_lock_shared(), "a writer waits");
  comes(2, true);
  mutex.unlock_shared();
}

}  // namespace

int main(int argc, char** argv) {
  if (which_case(argc, argv) == "1") {
    order();
    hammer(1);
    return 0;
  }
  for (const int readers : {1, 3, 10}) hammer(readers);
  parallel_readers();
}
