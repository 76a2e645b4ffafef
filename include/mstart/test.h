// SPDX-License-Identifier: MIT
// For tests of programs that use mstart.
#pragma once

#include <mstart/detail/ending.h>

#include <functional>
#include <type_traits>
#include <utility>

namespace mstart::inline v0 {

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
