// SPDX-License-Identifier: MIT
// The answers: mutex.cc itself knows no P, so that its model needs none (tests/unit/interleave_sync.cc).
#include "runtime/spin.h"

#include "runtime/sched.h"

namespace mstart::runtime {

bool worth_spinning(int spins) {
  constexpr int kMostSpins = 4;
  if (spins >= kMostSpins || !may_spin()) return false;
  const IdleState idle = sched.idle.look();
  const auto ps = static_cast<uint32_t>(sched.procs.load(std::memory_order_relaxed));
  return ps > idle.idle_ps() + idle.spinning() + 1 && user_g()->m->p->runq.empty_for_owner();
}

void spin() {
  constexpr int kRelaxes = 30;
  for (int i = 0; i < kRelaxes; ++i) arch::cpu_relax();
}

void give_way() {
  if (user_g()->no_preempt == 0) yield();
}

}  // namespace mstart::runtime
