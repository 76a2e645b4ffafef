// SPDX-License-Identifier: MIT
// Synchronisation between Gs, with the names and concepts of the standard library: lock_guard, unique_lock, shared_lock,
// scoped_lock and std::lock work. Everything here parks Gs, never threads. To park inside a NoPreempt scope is fatal.
//
// All are objects: no copy, no move, constinit-able. One may be destroyed as soon as the call that waited on it has returned,
// though the call that woke it may still be running in another G. Misuse is fatal, in Go's words.
#pragma once

#include <mstart/detail/ending.h>
#include <mstart/detail/point.h>
#include <mstart/time.h>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace mstart::inline v0 {

struct GoOptions;

namespace detail {

// The word of Mutex and SharedMutex; runtime/mutex.cc says what the bits mean.
using LockWord = std::atomic<uint64_t>;
inline constexpr uint64_t kLocked = 1, kDraining = 16, kReader = 64;

// What a Mutex or a SharedMutex is. `holder`: where on its stack the G stood that has locked it (not shared); null: nobody
// has, or it is not noted yet. It is for reports of deadlocks only (runtime/lock_cycles.cc). Two plain stores to a line that
// the lock has just brought: no difference can be measured.
struct LockState {
  LockWord word{0};
  const void* holder = nullptr;

  // Into the caller, whose frame is meant.
  [[gnu::always_inline]] void locked() { __atomic_store_n(&holder, __builtin_frame_address(0), __ATOMIC_RELAXED); }
  [[gnu::always_inline]] bool locked_if(bool got) {
    if (got) locked();
    return got;
  }
  // Before the word is changed: after that the object may be gone, and the holder another one.
  void unlocking() { __atomic_store_n(&holder, nullptr, __ATOMIC_RELAXED); }
};

// The ways of those that cannot go on at once.
void mutex_lock(LockWord&);
bool mutex_lock_until(LockWord&, TimePoint);
void mutex_unlock(LockWord&);
void exclusive_lock(LockWord&);
bool exclusive_lock_until(LockWord&, TimePoint);
void exclusive_unlock(LockWord&);
void shared_lock(LockWord&);
bool shared_lock_until(LockWord&, TimePoint);
void shared_unlock(LockWord&, uint64_t before);

// acquire: what was done before the unlock() that left the word is seen.
inline bool try_lock_free(LockWord& word) {
  point();
  uint64_t expected = 0;
  return word.compare_exchange_strong(expected, kLocked, std::memory_order_acquire, std::memory_order_relaxed);
}
inline bool try_lock(LockWord& word) {
  point();
  uint64_t w = word.load(std::memory_order_relaxed);
  while ((w & kLocked) == 0 && w < kReader) {
    if (word.compare_exchange_weak(w, w | kLocked, std::memory_order_acquire, std::memory_order_relaxed)) return true;
  }
  return false;
}
// release: pairs with the acquire above. False: somebody waits, or it is not locked.
inline bool try_unlock_unwanted(LockWord& word) {
  point();
  uint64_t expected = kLocked;
  return word.compare_exchange_strong(expected, 0, std::memory_order_release, std::memory_order_relaxed);
}

// Of a SharedMutex that a reader leaves: a writer waits for that; or it is not locked.
inline bool is_last_reader(uint64_t before) {
  return before < 2 * kReader && (before < kReader || (before & kDraining) != 0);
}

// When a time to wait is over; a very long one never, so that nobody counts on an end (time.h's deadline_in is late, then).
inline TimePoint deadline_after(Duration d) {
  const TimePoint now = Clock::now();
  return d < never - now ? now + d : never;
}

}  // namespace detail

// One G at a time. Not recursive; any G may unlock. Who waits for more than a millisecond is next, then (Go's starvation
// mode); otherwise a G that comes just then may be first. Go's sync.Mutex.
class Mutex {
 public:
  constexpr Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() {
    if (!detail::try_lock_free(state_.word)) [[unlikely]]
      detail::mutex_lock(state_.word);
    state_.locked();
  }
  bool try_lock() { return state_.locked_if(detail::try_lock(state_.word)); }
  // False: timed out. A time that is over is one try.
  bool try_lock_until(TimePoint t) {
    return state_.locked_if(detail::try_lock(state_.word) || detail::mutex_lock_until(state_.word, t));
  }
  bool try_lock_for(Duration d) { return try_lock() || try_lock_until(detail::deadline_after(d)); }
  // Of a mutex that is not locked: "fatal error: sync: unlock of unlocked mutex".
  void unlock() {
    state_.unlocking();
    if (!detail::try_unlock_unwanted(state_.word)) [[unlikely]]
      detail::mutex_unlock(state_.word);
  }

 private:
  detail::LockState state_;
};

// One writer or many readers. A writer that waits for readers to leave is before readers that come later, and the readers
// that wait for a writer are before the next one; so a G must not lock_shared() again while it holds it shared. Any G may
// unlock. Go's sync.RWMutex.
class SharedMutex {
 public:
  constexpr SharedMutex() = default;
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;

  void lock() {
    if (!detail::try_lock_free(state_.word)) [[unlikely]]
      detail::exclusive_lock(state_.word);
    state_.locked();
  }
  bool try_lock() { return state_.locked_if(detail::try_lock(state_.word)); }
  bool try_lock_until(TimePoint t) {
    return state_.locked_if(detail::try_lock(state_.word) || detail::exclusive_lock_until(state_.word, t));
  }
  bool try_lock_for(Duration d) { return try_lock() || try_lock_until(detail::deadline_after(d)); }
  // If it is not locked: "fatal error: sync: Unlock of unlocked RWMutex".
  void unlock() {
    state_.unlocking();
    if (!detail::try_unlock_unwanted(state_.word)) [[unlikely]]
      detail::exclusive_unlock(state_.word);
  }

  void lock_shared() {
    detail::point();
    // acquire: what the last writer did is seen.
    if ((state_.word.fetch_add(detail::kReader, std::memory_order_acquire) & detail::kLocked) != 0) [[unlikely]]
      detail::shared_lock(state_.word);
  }
  bool try_lock_shared() {
    detail::point();
    uint64_t w = state_.word.load(std::memory_order_relaxed);
    while ((w & detail::kLocked) == 0) {
      if (state_.word.compare_exchange_weak(w, w + detail::kReader, std::memory_order_acquire,
                                            std::memory_order_relaxed))
        return true;
    }
    return false;
  }
  bool try_lock_shared_until(TimePoint t) { return try_lock_shared() || detail::shared_lock_until(state_.word, t); }
  bool try_lock_shared_for(Duration d) {
    return try_lock_shared() || detail::shared_lock_until(state_.word, detail::deadline_after(d));
  }
  // If nobody holds it shared: "fatal error: sync: RUnlock of unlocked RWMutex".
  void unlock_shared() {
    detail::point();
    // release: what this reader saw is seen by it before the next writer changes it.
    const uint64_t before = state_.word.fetch_sub(detail::kReader, std::memory_order_release);
    if (detail::is_last_reader(before)) [[unlikely]]
      detail::shared_unlock(state_.word, before);
  }

 private:
  detail::LockState state_;
};

namespace detail {

void cond_wait(std::atomic<uint32_t>& waiting, void* lock, void (*unlock)(void*));
bool cond_wait_until(std::atomic<uint32_t>& waiting, void* lock, void (*unlock)(void*), TimePoint);
void cond_notify_one(std::atomic<uint32_t>& waiting);
void cond_notify_all(std::atomic<uint32_t>& waiting);

}  // namespace detail

// Gs wait, with a lock of theirs open meanwhile, until they are notified: first come first, and never without a notify. The
// lock may be anything with lock() and unlock(). Go's sync.Cond.
class CondVar {
 public:
  constexpr CondVar() = default;
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  // Wakes the one that has waited longest; with nobody there it does nothing. The lock need not be held.
  void notify_one() {
    // relaxed: a waiter that must be seen has counted itself before it opened the lock that this G has had since.
    if (waiting_.load(std::memory_order_relaxed) != 0) detail::cond_notify_one(waiting_);
  }
  void notify_all() {
    if (waiting_.load(std::memory_order_relaxed) != 0) detail::cond_notify_all(waiting_);
  }

  // Opens the lock and parks until notified, at one stroke; then locks it again.
  template <class L>
  void wait(L& lock) {
    detail::cond_wait(waiting_, &lock, unlock_of<L>);
    lock.lock();
  }
  template <class L, std::predicate P>
  void wait(L& lock, P pred) {
    while (!pred()) wait(lock);
  }

  // False: timed out. The lock is locked again in any case.
  template <class L>
  bool wait_until(L& lock, TimePoint t) {
    const bool notified = detail::cond_wait_until(waiting_, &lock, unlock_of<L>, t);
    lock.lock();
    return notified;
  }
  template <class L>
  bool wait_for(L& lock, Duration d) {
    return wait_until(lock, detail::deadline_after(d));
  }
  // What pred() said last: false only when timed out.
  template <class L, std::predicate P>
  bool wait_until(L& lock, TimePoint t, P pred) {
    while (!pred()) {
      if (!wait_until(lock, t)) return pred();
    }
    return true;
  }
  template <class L, std::predicate P>
  bool wait_for(L& lock, Duration d, P pred) {
    return wait_until(lock, detail::deadline_after(d), std::ref(pred));
  }

 private:
  template <class L>
  static void unlock_of(void* lock) noexcept {
    static_cast<L*>(lock)->unlock();
  }
  std::atomic<uint32_t> waiting_{0};  // not 0: somebody may wait
};

namespace detail {

// The call that runs f, on its stack. However it ends, by goexit() or an exception too, f has been called.
class OnceCall : Ending {
 public:
  explicit OnceCall(std::atomic<uint32_t>& state) : state_(state), first_(begin()) {}
  OnceCall(const OnceCall&) = delete;
  OnceCall& operator=(const OnceCall&) = delete;
  ~OnceCall() {
    if (first_) end();
  }
  bool is_first() const { return first_; }

 private:
  bool begin();  // false: another call runs it; parks until it has
  void end();
  void leave();
  std::atomic<uint32_t>& state_;
  bool first_;
};

}  // namespace detail

// Runs a function once, whoever comes first; all others park until it is done. A goexit() in it, or an exception, counts as
// done. Go's
// sync.Once; as there, a call from inside the function parks for ever.
class Once {
 public:
  constexpr Once() = default;
  Once(const Once&) = delete;
  Once& operator=(const Once&) = delete;

  template <class F>
  void call(F&& f) {
    if (state_.load(std::memory_order_acquire) == kDone) [[likely]]
      return;
    if (const detail::OnceCall here(state_); here.is_first()) std::invoke(static_cast<F&&>(f));
  }

 private:
  static constexpr uint32_t kDone = 1;  // the others are in runtime/once.cc
  std::atomic<uint32_t> state_{0};
};

namespace detail {

void semaphore_acquire(std::atomic<int64_t>&);
bool semaphore_acquire_until(std::atomic<int64_t>&, TimePoint);
void semaphore_release(std::atomic<int64_t>&, int64_t n);
[[noreturn]] void semaphore_out_of_range();

}  // namespace detail

// A number of permits. Who waits for one gets it before those that come later. std::counting_semaphore, whose waits park Gs.
class Semaphore {
 public:
  // Below 0, or above max(): fatal.
  explicit constexpr Semaphore(ptrdiff_t permits) : state_(permits <= kMost ? int64_t{permits} * kOne : 0) {
    if (permits < 0 || permits > kMost) detail::semaphore_out_of_range();
  }
  static constexpr ptrdiff_t max() { return kMost; }
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  // Takes one permit; parks until there is one.
  void acquire() {
    if (!try_acquire()) [[unlikely]]
      detail::semaphore_acquire(state_);
  }
  // Gives n back, or adds them; does not block. Below 0, or above max() together with those that are there: fatal.
  void release(ptrdiff_t n = 1) {
    detail::point();
    // release: what was done before is seen by who takes the permit.
    int64_t s = state_.load(std::memory_order_relaxed);
    while ((s & kWaiting) == 0 && n >= 0 && n <= kMost - s / kOne) {
      if (state_.compare_exchange_weak(s, s + n * kOne, std::memory_order_release, std::memory_order_relaxed)) return;
    }
    detail::semaphore_release(state_, n);
  }
  bool try_acquire() {
    detail::point();
    int64_t s = state_.load(std::memory_order_relaxed);
    while (s >= kOne) {
      if (state_.compare_exchange_weak(s, s - kOne, std::memory_order_acquire, std::memory_order_relaxed)) return true;
    }
    return false;
  }
  bool try_acquire_until(TimePoint t) { return try_acquire() || detail::semaphore_acquire_until(state_, t); }
  bool try_acquire_for(Duration d) {
    return try_acquire() || detail::semaphore_acquire_until(state_, detail::deadline_after(d));
  }

 private:
  static constexpr int64_t kWaiting = 1, kOne = 2;
  static constexpr ptrdiff_t kMost = PTRDIFF_MAX / 4;
  std::atomic<int64_t> state_;  // bit 0: somebody waits; above: the permits
};

// Waits for a number of things to be done. Go's sync.WaitGroup.
class WaitGroup {
 public:
  constexpr WaitGroup() = default;
  WaitGroup(const WaitGroup&) = delete;
  WaitGroup& operator=(const WaitGroup&) = delete;

  // n more (or fewer) to wait for; at 0 the waiters are readied. Does not block. Below 0, or up from 0 while a wait() is
  // being woken: fatal. Calls that start from 0 happen before wait().
  void add(int n);
  void done() { add(-1); }
  // Parks until the count is 0. Every done() that brought it there happens before the return.
  void wait();
  // add(1), and a G that runs f and is done() at its end, goexit() included.
  template <class F>
  void go(F&& f);
  template <class F>
  void go(const GoOptions& options, F&& f);

 private:
  std::atomic<uint64_t> state_{0};  // bit 0: somebody waits; above: the count
};

}  // namespace mstart::inline v0

#include <mstart/go.h>  // WaitGroup::go
