// SPDX-License-Identifier: MIT
// The short way from one G to the next, inlined into everything that leaves a G (yield, park, goexit): no call stands
// between the switch away and the jump to the next G, so the processor's return-address stack still matches when that G
// returns from its own call, and nothing but the queue's own CAS is locked.
#pragma once

#include "arch/probe.h"
#include "runtime/sched.h"
#include "runtime/stack.h"

namespace mstart::runtime {

inline constexpr uint32_t kGlobalEvery = 61;  // look at the global queue first, once in so many slices, or it might starve

// Runs g on m and p, in a new time slice or in the current one. Go's execute and gogo.
[[noreturn, gnu::always_inline]] inline void execute(M* m, P* p, G* g, bool inherits_time) {
  if (!inherits_time) ++p->schedtick;
  check(g->status.load(std::memory_order_relaxed) == GStatus::kRunnable, "execute: bad g->status (not Grunnable)");
  g->status.store(GStatus::kRunning, std::memory_order_relaxed);
  g->m = m;
  m->curg = g;
  if (g->stack.lo == nullptr) take_stack(p, g);
  if (m->birth != nullptr) [[unlikely]] {
    birth_mark(m, &Birth::first_g);
    m->birth = nullptr;
    MSTART_PROBE2(execute, g, m);
  }
  setg(g);
  arch::gogo_live(&g->sched);
}

// On g0, after the G that ran is put away: the next G of this P's queue, or the long way round.
[[noreturn, gnu::always_inline]] inline void schedule_quick(M* m, P* p) {
  if (m->lockedg == nullptr && m->locks == 0 && p->schedtick % kGlobalEvery != 0 &&
      sched.retry_births_at.load(std::memory_order_relaxed) == 0) {
    bool inherits_time;
    G* g = p->runq.get(&inherits_time);
    if (g != nullptr) {
      if (g->locked_m == nullptr) execute(m, p, g, inherits_time);
      startlockedm(g);
    }
  }
  schedule();
}

}  // namespace mstart::runtime
