// SPDX-License-Identifier: MIT
// Nothing that locks, unlocks, waits or notifies allocates: the linker sends all calls of the heap through a counter (--wrap).
// freestanding-only: operator new is libc's
#include <mutex>
#include <shared_mutex>

#include "counted_heap.h"
#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

struct All {
  Mutex mutex;
  SharedMutex shared;
  CondVar cond;
  Semaphore permits{2};
  Once once;
  std::atomic<int> running{0};
};

void use(All& all, int i) {
  {
    std::unique_lock lock(all.mutex);
    if (i % 3 == 0) yield();
    all.cond.notify_one();
    (void)all.cond.wait_for(lock, 10us);
  }
  if (all.mutex.try_lock_for(10us)) all.mutex.unlock();
  {
    const std::lock_guard lock(all.shared);
    if (i % 3 == 1) yield();
  }
  {
    const std::shared_lock lock(all.shared);
    if (i % 3 == 2) yield();
  }
  all.permits.acquire();
  yield();
  all.permits.release();
  if (all.permits.try_acquire_for(10us)) all.permits.release();
  all.once.call([] { yield(); });
}

int play() {
  All all;
  WaitGroup done, start;
  start.add(1);
  for (int g = 0; g < 8; ++g) {
    done.go([&all, &start] {
      start.wait();
      for (int i = 0; i < rounds(500); ++i) use(all, i);
    });
  }
  const int before = allocations;
  start.done();
  done.wait();
  return allocations - before;
}

}  // namespace

int main() {
  set_procs(4);
  void* (*volatile allocate)(size_t) = operator new;
  operator delete(allocate(1));
  expect_equal(allocations, 1, "the counter counts");
  const uint64_t parks = stats().parks;
  expect_equal(play(), 0, "allocations");
  expect(stats().parks - parks > 1000, "they have parked");
}
