// SPDX-License-Identifier: MIT
// The slow half of SpinLock.
#include "runtime/spinlock.h"

#include "os/clock.h"
#include "os/futex.h"
#include "runtime/lock.h"

namespace mstart::runtime {

void SpinLock::lock_slow() {
  constexpr int kSpins = 30;
  constexpr int64_t kFirstNapNs = 20'000, kLongestNapNs = 1'000'000;
  int64_t nap_ns = kFirstNapNs;
  do {
    for (int i = 0; may_spin() && i < kSpins && held_.load(std::memory_order_relaxed); ++i) arch::cpu_relax();
    if (!held_.load(std::memory_order_relaxed)) continue;
    const os::FutexWord nobody_wakes{0};
    os::futex_wait(nobody_wakes, 0, os::nanotime() + nap_ns);
    nap_ns = nap_ns < kLongestNapNs / 2 ? 2 * nap_ns : kLongestNapNs;
  } while (held_.exchange(true, std::memory_order_acquire));
}

}  // namespace mstart::runtime
