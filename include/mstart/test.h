// SPDX-License-Identifier: MIT
// For tests of programs that use mstart.
#pragma once

#include <mstart/detail/ending.h>
#include <mstart/detail/point.h>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace mstart::inline v0 {

// ---- explore(): many schedules of a small program -----------------------------------------------------------------------

// runs: how many schedules. seed: of the first run; the others' follow from it. preemptions: at how many places of a run, at
// most, a G is put behind all others though it could go on; most bugs need one or two.
struct ExploreOptions {
  int runs = 1000;
  uint64_t seed = 0;
  int preemptions = 3;
};
struct Finding {
  bool found;
  uint64_t seed;  // of the run that failed
};

namespace detail {
Finding explore(bool (*f)(void*) noexcept, void* arg, const ExploreOptions& options);
}  // namespace detail

// Runs f many times, each time in a G of its own and with another order of the Gs that it starts, and they; no other G of the
// program runs meanwhile. A run is over when all its Gs have ended and no timer of theirs is pending. It fails if f returns
// false (void: never), if a fatal error happens in one of its Gs (fatal(), a misuse, a failed assert() without libc), if its
// Gs wait for ever, or if they do not come to an end in a million steps. Then explore() says on standard error why and with
// which seed, runs it again, telling where Gs were preempted, and returns. MSTART_DEBUG=seed=N in the environment, or {.runs =
// 1, .seed = N}, runs that one only.
//
// The order changes when a G parks, yields or ends, and at points: the library's calls that other Gs can see, and
// explore_point(). Gs have random priorities, and the first of them runs; one that is preempted is behind the others then
// (PCT: Burckhardt and others, ASPLOS 2010). The clock starts at the same time in each run, and jumps when all Gs wait.
//
// f makes all that its Gs share anew in each run, and depends on nothing else that changes; Gs outside, files and signals have
// no part in it. What a run that fails has made is never destroyed. f's stack holds 1 MiB. There must be one P: before the
// first go() explore() sees to that itself, as set_procs(1) does; with more Ps it is fatal.
template <class F>
Finding explore(F&& f, const ExploreOptions& options = {}) {
  using Fn = std::remove_reference_t<F>;
  return detail::explore(
      [](void* fn) noexcept {
        Fn& run = *static_cast<Fn*>(fn);
        if constexpr (std::is_void_v<std::invoke_result_t<Fn&>>) {
          std::invoke(run);
          return true;
        } else {
          return static_cast<bool>(std::invoke(run));
        }
      },
      const_cast<std::remove_cv_t<Fn>*>(std::addressof(f)), options);
}

// Another G may run here while explore() or MSTART_DEBUG=seed says so; nothing otherwise. [any] For what the library does not
// see: before each access to a plain atomic that matters.
inline void explore_point() { detail::point(); }

// std::atomic with a point before each operation.
template <class T>
class MarkedAtomic {
 public:
  constexpr MarkedAtomic() = default;
  constexpr MarkedAtomic(T value) : value_(value) {}
  MarkedAtomic(const MarkedAtomic&) = delete;
  MarkedAtomic& operator=(const MarkedAtomic&) = delete;

  template <std::same_as<std::memory_order>... O>
  T load(O... order) const {
    return marked().load(order...);
  }
  template <std::same_as<std::memory_order>... O>
  void store(T value, O... order) {
    marked().store(value, order...);
  }
  template <std::same_as<std::memory_order>... O>
  T exchange(T value, O... order) {
    return marked().exchange(value, order...);
  }
  template <std::same_as<std::memory_order>... O>
  bool compare_exchange_weak(T& expected, T value, O... order) {
    return marked().compare_exchange_weak(expected, value, order...);
  }
  template <std::same_as<std::memory_order>... O>
  bool compare_exchange_strong(T& expected, T value, O... order) {
    return marked().compare_exchange_strong(expected, value, order...);
  }
  template <class U, std::same_as<std::memory_order>... O>
  T fetch_add(U value, O... order) {
    return marked().fetch_add(value, order...);
  }
  template <class U, std::same_as<std::memory_order>... O>
  T fetch_sub(U value, O... order) {
    return marked().fetch_sub(value, order...);
  }
  template <std::same_as<std::memory_order>... O>
  T fetch_and(T value, O... order) {
    return marked().fetch_and(value, order...);
  }
  template <std::same_as<std::memory_order>... O>
  T fetch_or(T value, O... order) {
    return marked().fetch_or(value, order...);
  }
  operator T() const { return marked(); }
  T operator=(T value) { return marked() = value; }
  T operator++() { return ++marked(); }
  T operator++(int) { return marked()++; }
  T operator--() { return --marked(); }
  T operator--(int) { return marked()--; }
  T operator+=(T value) { return marked() += value; }
  T operator-=(T value) { return marked() -= value; }

 private:
  std::atomic<T>& marked() const {
    detail::point();
    return value_;
  }
  mutable std::atomic<T> value_;
};

// ---- Bubble: fake time ------------------------------------------------------------------------------------------------

namespace detail {

struct BubbleState;  // runtime/bubble.cc

// The stay of a G in the bubble that it has opened, however its function ends.
class BubbleStay : Ending {
 public:
  explicit BubbleStay(BubbleState*& state);
  BubbleStay(const BubbleStay&) = delete;
  BubbleStay& operator=(const BubbleStay&) = delete;
  ~BubbleStay();

 private:
  void leave();
  BubbleState*& state_;
};

void bubble_wait(const BubbleState* state);

}  // namespace detail

// Fake time, as Go's testing/synctest. run() calls f, and the caller and all Gs that are started from there on, by each
// other or by after_func, are in the bubble. For them Clock and WallClock begin at midnight of 2000-01-01 (UTC) and stand
// still, until all of them are *durably blocked*: only another G of the bubble, or the time, can wake them. Then the clocks
// jump to the next moment for which one of them waits; so an hour costs nothing, and every wait takes exactly its time.
// Timers of one moment fire in any order.
//
// Durably blocks: sleep, send and recv on a channel that was made in the bubble, or on a null one, select over such, CondVar,
// WaitGroup, Scope, Semaphore, Task::join, wait(). What those wait for must come from the bubble: a wake from outside is
// fatal. Does not: Mutex, SharedMutex, Once, a function's static, a channel from outside; and a G that computes, yields or is
// in a system call runs. Channels and timers that were made in the bubble are of no use outside: fatal.
class Bubble {
 public:
  constexpr Bubble() = default;
  Bubble(const Bubble&) = delete;
  Bubble& operator=(const Bubble&) = delete;

  // Returns what f returns (int, or void for 0) when all other Gs of the bubble have ended; the clock has stopped with f. A
  // goexit() in f ends the caller, then too. All of them blocked for ever: "fatal error: deadlock: all goroutines in bubble are
  // blocked", or "deadlock: main bubble goroutine has exited but blocked goroutines remain". Timers that are still pending
  // at the end never fire. In a bubble: fatal. A Bubble may run again when it has returned.
  template <class F>
  int run(F&& f) {
    using Value = std::invoke_result_t<F>;
    static_assert(std::is_void_v<Value> || std::is_same_v<Value, int>, "f returns int or void");
    const detail::BubbleStay stay(state_);
    if constexpr (std::is_void_v<Value>) {
      std::invoke(std::forward<F>(f));
      return 0;
    } else {
      return std::invoke(std::forward<F>(f));
    }
  }

  // From a G of this bubble: parks until all others of it are durably blocked, or have ended, and before the clock jumps. What
  // they did happens before the return. One G at a time.
  void wait() { detail::bubble_wait(state_); }

 private:
  detail::BubbleState* state_ = nullptr;  // while it runs
};

}  // namespace mstart::inline v0
