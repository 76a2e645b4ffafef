// SPDX-License-Identifier: MIT
// The words of the misuse of locks and WaitGroups, which are Go's.
#include "child.h"

using namespace mstart;

namespace {

template <class F>
void expect_fatal(std::string_view text, F&& f) {
  char buffer[4096];
  const Ending end = run_child(buffer, f);
  expect_equal(end.status, 2, text);
  expect(end.text.find(text) != std::string_view::npos, text);
}

}  // namespace

int main() {
  expect_fatal("fatal error: sync: unlock of unlocked mutex\n", [] { Mutex().unlock(); });
  expect_fatal("fatal error: sync: unlock of unlocked mutex\n", [] {
    Mutex mutex;
    mutex.lock();
    mutex.unlock();
    mutex.unlock();
  });
  expect_fatal("fatal error: sync: Unlock of unlocked RWMutex\n", [] { SharedMutex().unlock(); });
  expect_fatal("fatal error: sync: Unlock of unlocked RWMutex\n", [] {
    SharedMutex mutex;
    mutex.lock_shared();
    mutex.unlock();
  });
  expect_fatal("fatal error: sync: Unlock of unlocked RWMutex\n", [] {
    SharedMutex mutex;
    mutex.lock();
    mutex.unlock();
    mutex.unlock();
  });
  expect_fatal("fatal error: sync: RUnlock of unlocked RWMutex\n", [] { SharedMutex().unlock_shared(); });
  expect_fatal("fatal error: sync: RUnlock of unlocked RWMutex\n", [] {
    SharedMutex mutex;
    mutex.lock();
    mutex.unlock_shared();
  });
  expect_fatal("fatal error: sync: RUnlock of unlocked RWMutex\n", [] {
    SharedMutex mutex;
    mutex.lock_shared();
    mutex.unlock_shared();
    mutex.unlock_shared();
  });
  expect_fatal("fatal error: sync: negative WaitGroup counter\n", [] {
    WaitGroup group;
    group.add(1);
    group.done();
    group.done();
  });
  const std::string_view range = "fatal error: Semaphore: number of permits out of range\n";
  expect_fatal(range, [] { Semaphore permits(-1); });
  expect_fatal(range, [] { Semaphore permits(PTRDIFF_MAX); });
  expect_fatal(range, [] {
    Semaphore permits(Semaphore::max());
    permits.acquire();
    permits.release(2);
  });
  expect_fatal("fatal error: Semaphore: release of a negative number\n", [] { Semaphore(1).release(-1); });
  expect_fatal("fatal error: park inside a NoPreempt scope\n", [] {
    Mutex mutex;
    mutex.lock();
    const NoPreempt here;
    mutex.lock();
  });
}
