// SPDX-License-Identifier: MIT
// The lock of things that Gs use all the time (channels): an exchange to take it, a plain store to give it back. Lock's
// unlock is a second exchange, to learn whether somebody sleeps; of what a send costs that would be a fifth.
//
// So nobody can be woken. Who finds it held spins for a microsecond; a section is some tens of instructions, and whoever is
// still in it then has lost its CPU to another thread. From then on it is looked at from time to time, with naps in between
// that grow from 20 us to 1 ms: less than what the kernel lets others run.
//
// Held locks are counted: who holds one must not schedule.
#pragma once

#include <atomic>

#include "arch/arch.h"
#include "runtime/m.h"

namespace mstart::runtime {

class SpinLock {
 public:
  constexpr SpinLock() = default;
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;

  void lock() {
    if (G* g = getg()) [[likely]]
      ++g->m->locks;
    if (held_.exchange(true, std::memory_order_acquire)) [[unlikely]]
      lock_slow();
  }
  bool try_lock() {
    if (held_.exchange(true, std::memory_order_acquire)) return false;
    if (G* g = getg()) ++g->m->locks;
    return true;
  }
  void unlock() {
    held_.store(false, std::memory_order_release);
    if (G* g = getg()) [[likely]]
      --g->m->locks;
  }

 private:
  void lock_slow();

  std::atomic<bool> held_{false};
};

}  // namespace mstart::runtime
