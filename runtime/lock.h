// SPDX-License-Identifier: MIT
// The runtime's own mutex: it blocks the thread, never parks a G. Held for tens of instructions, so it spins a little
// first (not at all on one CPU), then sleeps on a futex.
//
//   word_ 0: free   1: held   2: held, and somebody may sleep
//
// Ranks. A thread takes locks in rising order only; debug builds check it. What a holder may do:
//   rank        protects                               may allocate   may park
//   kNewmHandoff   the list of Ms for the template thread  no             no
//   kWatched       the list of watched channels            no             no
//   kBucket        one bucket of the parking lot           no             no (unlock_bucket releases it after the switch)
//   kSched         the scheduler's lists                   no             no
//   kStacks        free stacks and G structs               no (maps)      no
//   kHeap          the heap's spans                        (is it)        no
// Channels, and the timers of a P, have a lock of another kind (spinlock.h). Channels' come before all of these but
// kNewmHandoff; kWatched's holder takes those that are free, and waits for none; a select takes several, in the order of
// their addresses; their holder may allocate, for elements are copied. A P's timers come after channels and kBucket; their
// holder may take none of these. Nobody parks with any of them; nobody allocates from the heap with kSched or later.
#pragma once

#include <atomic>

#include "os/futex.h"

namespace mstart::runtime {

enum class Rank : uint8_t { kNewmHandoff, kWatched, kBucket, kSched, kStacks, kHeap };

// Set when there is more than one P.
[[gnu::visibility("hidden")]] extern bool lock_may_spin;
inline bool may_spin() { return __atomic_load_n(&lock_may_spin, __ATOMIC_RELAXED); }

class Lock {
 public:
#ifndef NDEBUG
  explicit constexpr Lock(Rank rank) : rank_(rank) {}
#else
  explicit constexpr Lock(Rank) {}
#endif
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  // Not inline: a call has to be made anyway, for the count.
  void lock();
  bool try_lock();  // whatever is held: who does not wait makes no circle
  void unlock();

 private:
  void lock_slow();
  void entering(bool waits);  // counts m->locks: who holds one must not schedule
  void leaving();

  os::FutexWord word_{0};
#ifndef NDEBUG
  const Rank rank_;
#endif
};

class [[nodiscard]] LockGuard {
 public:
  explicit LockGuard(Lock& lock) : lock_(lock) { lock_.lock(); }
  ~LockGuard() { lock_.unlock(); }
  LockGuard(const LockGuard&) = delete;
  LockGuard& operator=(const LockGuard&) = delete;

 private:
  Lock& lock_;
};

}  // namespace mstart::runtime
