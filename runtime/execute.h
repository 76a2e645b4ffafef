// SPDX-License-Identifier: MIT
// The short way from one G to the next, for everything that leaves a G (yield, park, goexit). These functions do not return,
// but are not declared so: compilers make the last call of a function a jump only if it might. So between the switch away
// and the jump to the next G nothing is pushed on the processor's return-address stack, and it still matches when that G
// returns from its own call (a mispredicted return costs more than all the rest). Nothing but the queue's own CAS is locked.
#pragma once

#include "arch/probe.h"
#include "runtime/sched.h"
#include "runtime/stack.h"

namespace mstart::runtime {

// The global queue comes first once in so many slices, or it might starve. (Go: 61. A power of two needs no division.)
inline constexpr uint32_t kGlobalEvery = 64;

// Hot: to a compiler a path that never returns is a cold one, which it makes small and slow.
//
// Runs g on m and p, in a new time slice or in the current one. Go's execute and gogo. Does not return.
[[gnu::hot]] void execute(M* m, P* p, G* g, bool inherits_time);

// On g0, after the G that ran is put away: the next G of this P's queue, or the long way round. Does not return.
[[gnu::hot]] void schedule_quick(M* m, P* p);

}  // namespace mstart::runtime
