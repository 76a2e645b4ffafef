// SPDX-License-Identifier: MIT
// CondVar: notify_one wakes one, the longest waiting; notify_all wakes all that wait then; nobody else can take a notification;
// nobody wakes up without one.
#include <mutex>

#include "expect.h"

using namespace mstart;

namespace {

constexpr int kWaiters = 10;

void one_by_one() {
  Mutex mutex;
  CondVar cond;
  int waiting = 0, awake = 0;
  Scope scope;
  for (int i = 0; i < kWaiters; ++i) {
    scope.go([&] {
      std::unique_lock lock(mutex);
      ++waiting;
      cond.wait(lock);
      ++awake;
    });
  }
  const auto locked = [&](const int& what) {
    const std::lock_guard lock(mutex);
    return what;
  };
  wait_until([&] { return locked(waiting) == kWaiters; });
  for (int n = 0; n < kWaiters; ++n) {
    expect_equal(locked(awake), n, "awake");
    cond.notify_one();
    wait_until([&] { return locked(awake) > n; });
    for (int i = 0; i < 20; ++i) yield();
  }
  cond.notify_one();
  cond.notify_all();
}

// Who waits later is woken later.
void in_order() {
  Mutex mutex;
  CondVar cond;
  int queued = 0, woken = 0;
  Scope scope;
  for (int i = 0; i < 100; ++i) {
    scope.go([&, i] {
      std::unique_lock lock(mutex);
      while (queued != i) {
        lock.unlock();
        yield();
        lock.lock();
      }
      ++queued;
      cond.wait(lock);
      expect_equal(woken, i, "whose turn it is");
      ++woken;
    });
  }
  for (int i = 0; i < 100; ++i) {
    wait_until([&] {
      const std::lock_guard lock(mutex);
      return queued == 100 && woken == i;
    });
    cond.notify_one();
  }
}

void broadcast() {
  Mutex mutex;
  CondVar cond;
  int waiting = 0, generation = 0;
  const int generations = rounds(200);
  Scope scope;
  for (int i = 0; i < kWaiters; ++i) {
    scope.go([&] {
      std::unique_lock lock(mutex);
      for (int mine = 0; mine < generations; ++mine) {
        ++waiting;
        cond.wait(lock);
        expect_equal(generation, mine + 1, "the generation");
      }
    });
  }
  for (int g = 0; g < generations; ++g) {
    wait_until([&] {
      const std::lock_guard lock(mutex);
      return waiting == kWaiters;
    });
    const std::lock_guard lock(mutex);
    waiting = 0;
    ++generation;
    cond.notify_all();
  }
}

// A G that comes to wait after the notification does not take it from the one that waited before (golang.org/issue/8593).
void no_stealing() {
  for (int round = 0; round < rounds(1'000); ++round) {
    Mutex mutex;
    CondVar cond;
    bool waits = false, done = false;
    Scope scope;
    scope.go([&] {
      std::unique_lock lock(mutex);
      waits = true;
      cond.wait(lock);
      done = true;
    });
    wait_until([&] {
      const std::lock_guard lock(mutex);
      return waits;
    });
    WaitGroup second_waits;
    second_waits.add(1);
    scope.go([&] {
      std::unique_lock lock(mutex);
      second_waits.done();
      if (!done) cond.wait(lock);
    });
    cond.notify_one();
    second_waits.wait();
    wait_until([&] {
      const std::lock_guard lock(mutex);
      return done;
    });
    cond.notify_all();
  }
}

// Three Gs that pass a number on.
void race() {
  Mutex mutex;
  CondVar cond;
  int x = 0;
  Scope scope;
  for (const int i : {0, 1, 2}) {
    scope.go([&, i] {
      std::unique_lock lock(mutex);
      for (int round = 0; round < rounds(1'000); ++round) {
        cond.wait(lock, [&] { return x % 3 == i; });
        ++x;
        cond.notify_all();
      }
    });
  }
  scope.wait();
  expect_equal(x, 3 * rounds(1'000), "passed on");
}

// With a lock of one's own.
void any_lock() {
  struct Counted {
    Mutex mutex;
    int locks = 0, unlocks = 0;
    void lock() { mutex.lock(), ++locks; }
    void unlock() { ++unlocks, mutex.unlock(); }
  } lock;
  CondVar cond;
  lock.lock();
  go([&] {
    lock.lock();
    cond.notify_one();
    lock.unlock();
  });
  cond.wait(lock);
  expect(lock.locks == 3 && lock.unlocks == 2, "locked again");
}

}  // namespace

int main() {
  set_procs(4);
  one_by_one();
  in_order();
  broadcast();
  no_stealing();
  race();
  any_lock();
}
