// SPDX-License-Identifier: MIT
// Lock: the word, the count of locks that the M holds, and what debug builds check of their order.
#include "runtime/lock.h"

#include "runtime/check.h"
#include "runtime/m.h"

namespace mstart::runtime {

constinit bool lock_may_spin = false;

namespace {

constexpr int kSpins = 4, kRelaxes = 30;  // about a microsecond before the first sleep
constexpr int kTries = 100;               // of try_lock: a holder that runs is through by then

#ifndef NDEBUG
// Which ranks the M holds; a bit each. Locks of one rank do not nest.
uint32_t bit(Rank rank) { return 1U << static_cast<uint32_t>(rank); }
#endif

}  // namespace

// Threads without an M (before the start, foreign ones) may lock too; there is nobody to count for.
inline void Lock::entering([[maybe_unused]] bool waits) {
  G* g = getg();
  if (g == nullptr) return;
  ++g->m->locks;
#ifndef NDEBUG
  check(!waits || g->m->held_ranks < bit(rank_), "lock ordering problem");
  g->m->held_ranks |= bit(rank_);
#endif
}

inline void Lock::leaving() {
  G* g = getg();
  if (g == nullptr) return;
  check(--g->m->locks >= 0, "unlock: lock count");
#ifndef NDEBUG
  g->m->held_ranks &= ~bit(rank_);
#endif
}

void Lock::lock() {
  entering(true);
  uint32_t expected = 0;
  if (!word_.compare_exchange_strong(expected, 1, std::memory_order_acquire, std::memory_order_relaxed)) [[unlikely]]
    lock_slow();
}

bool Lock::try_lock() {
  entering(false);
  uint32_t expected = 0;
  for (int tries = 0; tries < kTries; ++tries, expected = 0) {
    if (word_.compare_exchange_weak(expected, 1, std::memory_order_acquire, std::memory_order_relaxed)) return true;
    arch::cpu_relax();
  }
  leaving();
  return false;
}

void Lock::unlock() {
  leaving();
  if (word_.exchange(0, std::memory_order_release) == 2) [[unlikely]]
    os::futex_wake(word_);
}

void Lock::lock_slow() {
  if (may_spin()) {
    for (int i = 0; i < kSpins; ++i) {
      for (int j = 0; j < kRelaxes; ++j) arch::cpu_relax();
      uint32_t expected = 0;
      if (word_.load(std::memory_order_relaxed) == 0 &&
          word_.compare_exchange_strong(expected, 1, std::memory_order_acquire, std::memory_order_relaxed))
        return;
    }
  }
  // From here on it is 2: whoever unlocks must look for sleepers, of whom this was perhaps not the last.
  while (word_.exchange(2, std::memory_order_acquire) != 0) os::futex_wait(word_, 2);
}

}  // namespace mstart::runtime
