// SPDX-License-Identifier: MIT
// Waits with an end: not too early, not for ever, and what was not had is not held; with a race between the waker and the time.
#include <mutex>
#include <shared_mutex>

#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

// f(d) returns false, after d.
template <class F>
void times_out(F&& f, std::string_view what) {
  for (const Duration d : {Duration(-1s), Duration(0), Duration(1ms)}) {
    const TimePoint start = Clock::now();
    expect(!f(d), what);
    expect(Clock::now() - start >= d, what);
  }
}

void each_of_them() {
  Mutex mutex;
  mutex.lock();
  times_out([&](Duration d) { return mutex.try_lock_for(d); }, "Mutex");
  mutex.unlock();
  expect(mutex.try_lock_for(-1s), "one try");
  mutex.unlock();

  SharedMutex shared;
  shared.lock();
  times_out([&](Duration d) { return shared.try_lock_for(d); }, "SharedMutex, locked");
  times_out([&](Duration d) { return shared.try_lock_shared_for(d); }, "SharedMutex, shared");
  shared.unlock();
  shared.lock_shared();
  times_out([&](Duration d) { return shared.try_lock_for(d); }, "SharedMutex, read");
  expect(shared.try_lock_shared_for(1ms), "the writer has given up");
  shared.unlock_shared();
  shared.unlock_shared();
  expect(shared.try_lock_until(never), "free");
  shared.unlock();

  Semaphore permits(0);
  times_out([&](Duration d) { return permits.try_acquire_for(d); }, "Semaphore");
  permits.release();
  expect(permits.try_acquire_for(0s) && !permits.try_acquire(), "one permit");

  CondVar cond;
  std::unique_lock lock(mutex);
  times_out([&](Duration d) { return cond.wait_for(lock, d); }, "CondVar");
  times_out([&](Duration d) { return cond.wait_for(lock, d, [] { return false; }); }, "CondVar with a predicate");
  expect(cond.wait_for(lock, -1s, [] { return true; }), "what the predicate says");
  expect(lock.owns_lock() && !mutex.try_lock(), "locked again");
}

// A reader that waits for a writer which gives up is let in.
void a_writer_gives_up() {
  SharedMutex mutex;
  mutex.lock_shared();
  Scope scope;
  std::atomic<bool> gave_up{false};
  scope.go([&] {
    expect(!mutex.try_lock_for(20ms), "there is a reader");
    gave_up = true;
  });
  wait_until([&] {
    if (!mutex.try_lock_shared()) return true;
    mutex.unlock_shared();
    return gave_up.load();  // we came late
  });
  mutex.lock_shared();
  mutex.unlock_shared();
  mutex.unlock_shared();
}

// The waker and the time come together: a notification or permit goes to somebody or stays, and is not lost.
void both_at_once() {
  Semaphore permits(0);
  Mutex mutex;
  CondVar cond;
  std::atomic<int> had{0}, notified{0}, waiting{0};
  constexpr int kRounds = 300;
  const int n = rounds(kRounds);
  for (int i = 0; i < n; ++i) {
    Scope scope;
    scope.go([&] { had += permits.try_acquire_for(20us) ? 1 : 0; });
    scope.go([&] {
      std::unique_lock lock(mutex);
      ++waiting;
      notified += cond.wait_for(lock, 20us) ? 1 : 0;
    });
    sleep_for(Duration(i % 40 * 1000));
    permits.release();
    cond.notify_one();
  }
  int left = 0;
  while (permits.try_acquire()) ++left;
  expect_equal(had + left, n, "permits");
  expect(notified <= n && waiting == n, "notifications");
}

// A mutex that many want for a short time only: it is never lost.
void impatient() {
  Mutex mutex;
  int64_t count = 0;
  std::atomic<int64_t> had{0};
  Scope scope;
  for (int g = 0; g < 8; ++g) {
    scope.go([&, g] {
      for (int i = 0; i < rounds(300); ++i) {
        if (!mutex.try_lock_for(Duration(g * 10'000))) continue;
        ++count;
        ++had;
        if (i % 4 == 0) sleep_for(20us);
        mutex.unlock();
      }
    });
  }
  scope.wait();
  expect_equal(count, had, "what was counted");
  mutex.lock();
}

}  // namespace

int main() {
  set_procs(4);
  each_of_them();
  a_writer_gives_up();
  both_at_once();
  impatient();
}
