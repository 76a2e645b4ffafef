// SPDX-License-Identifier: MIT
// The stacks of Gs.
//
// Stacks of the default size come from slabs: chunks of one mapping each, that also hold the G structs that go with them,
// so there are always at least as many stacks as there are Gs, and `slack` more for what the Ps keep in their caches. That
// is newproc's reservation: it takes a G (making a chunk, which may fail, when there is none), and a G can always get a
// stack when it runs first, the hottest one that its P has. Gs that run to their end without parking therefore share one
// stack, one after the other, and its pages stay in the cache.
//
//   total stacks >= total Gs + Ps * cache size,   stacks in use <= Gs that have run,   so a G that has not run yet finds
//   total - in use - in caches >= 1 on the global list.
//
// Other sizes are powers of two, taken by newproc itself; each size has its list.
#pragma once

#include <mstart/result.h>

#include "runtime/g.h"
#include "runtime/p.h"

namespace mstart::runtime {

// What a G's stack holds by default; a program starts with the freestanding one.
[[gnu::visibility("hidden")]] extern size_t default_stack_bytes;

// More G structs and stacks, the Gs to *gs. [Takes kStacks; makes system calls.]
Result<void> grow_gs(GList* gs);

// g's first execute, on p: the hottest free stack, and the place to begin.
void take_stack(P* p, G* g);
// g has ended.
void give_stack(P* p, G* g);

// A stack of its own size for a G that is being made: at least `bytes`.
Result<Stack> take_sized_stack(size_t bytes);
// Makes g begin at the top of its stack.
void start_on_stack(G* g, Stack stack);

}  // namespace mstart::runtime
