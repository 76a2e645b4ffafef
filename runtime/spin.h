// SPDX-License-Identifier: MIT
// Whether a G that finds a lock held should try again at once, before it parks. Go's sync_runtime_canSpin and doSpin.
#pragma once

#include "runtime/sched.h"

namespace mstart::runtime {

// A few times; only if the holder may be running on another P, and if this P has nothing better to do.
inline bool worth_spinning(int spins) {
  constexpr int kMostSpins = 4;
  if (spins >= kMostSpins || !lock_may_spin) return false;
  const IdleState idle = sched.idle.look();
  const auto ps = static_cast<uint32_t>(sched.procs.load(std::memory_order_relaxed));
  return ps > idle.idle_ps() + idle.spinning() + 1 && getg()->m->p->runq.empty_for_owner();
}

// About a microsecond.
inline void spin() {
  constexpr int kRelaxes = 30;
  for (int i = 0; i < kRelaxes; ++i) arch::cpu_relax();
}

}  // namespace mstart::runtime
