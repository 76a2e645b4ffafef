// SPDX-License-Identifier: MIT
// A reader-writer lock that blocks threads. Its one use is the exec lock: every birth holds the read side (no thread is
// made while somebody runs exec, Go issue 19546), exec holds the write side. Writers are rare, so they wait for readers by
// sleeping on the word; a waiting writer lets no new reader in.
//
//   word_: bit 31 a writer holds it or waits for it; bits 0..30 readers inside
#pragma once

#include <atomic>

#include "os/futex.h"

namespace mstart::runtime {

class RwLock {
 public:
  constexpr RwLock() = default;
  RwLock(const RwLock&) = delete;
  RwLock& operator=(const RwLock&) = delete;

  void rlock() {
    for (uint32_t w = word_.load(std::memory_order_relaxed);;) {
      if ((w & kWriter) != 0) {
        os::futex_wait(word_, w);
        w = word_.load(std::memory_order_relaxed);
      } else if (word_.compare_exchange_weak(w, w + 1, std::memory_order_acquire, std::memory_order_relaxed)) {
        return;
      }
    }
  }
  void runlock() {
    if (word_.fetch_sub(1, std::memory_order_release) == (kWriter | 1)) os::futex_wake(word_, INT32_MAX);
  }

  void lock() {
    uint32_t w = word_.fetch_or(kWriter, std::memory_order_acquire);
    while ((w & kWriter) != 0) {  // another writer
      os::futex_wait(word_, w);
      w = word_.fetch_or(kWriter, std::memory_order_acquire);
    }
    while ((w & ~kWriter) != 0) {  // readers inside
      w = word_.load(std::memory_order_acquire);
      if ((w & ~kWriter) != 0) os::futex_wait(word_, w);
    }
  }
  void unlock() {
    word_.fetch_and(~kWriter, std::memory_order_release);
    os::futex_wake(word_, INT32_MAX);
  }

 private:
  static constexpr uint32_t kWriter = 1U << 31;
  os::FutexWord word_{0};
};

}  // namespace mstart::runtime
