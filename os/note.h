// SPDX-License-Identifier: MIT
// A note: one thread sleeps, one thread wakes it, once; then it is cleared for the next time (Go's lock_futex.go).
//
//   key_ 0: cleared   1: woken
//
// No wake-up is lost: the waker stores 1 and then calls FUTEX_WAKE; the sleeper looks at the key before it sleeps, and the
// kernel looks again, under the lock that FUTEX_WAKE takes too. So either the sleeper sees the 1 or it is on the queue when
// the wake comes. [note:A] is the store, [note:B] the load that pairs with it: what the waker wrote before, the sleeper
// sees after. The kernel's wake comes after the store, when the sleeper may have gone on and reused the memory: a futex
// wake on somebody else's word is harmless.
#pragma once

#include "os/futex.h"

namespace mstart::os {

class Note {
 public:
  constexpr Note() = default;
  Note(const Note&) = delete;
  Note& operator=(const Note&) = delete;

  void clear() { key_.store(0, std::memory_order_relaxed); }  // before the waker can know of it

  // False: it was awake already, which only a bug does.
  [[nodiscard]] bool wake() {
    if (key_.exchange(1, std::memory_order_release) != 0) return false;  // [note:A]
    futex_wake(key_);
    return true;
  }

  // Blocks the thread until wake(). True if woken, false if `deadline_ns` (CLOCK_MONOTONIC) came first.
  bool sleep(int64_t deadline_ns = INT64_MAX) {
    while (key_.load(std::memory_order_acquire) == 0) {                                        // [note:B]
      if (futex_wait(key_, 0, deadline_ns)) return key_.load(std::memory_order_acquire) != 0;  // [note:B]
    }
    return true;
  }

 private:
  FutexWord key_{0};
};

}  // namespace mstart::os
