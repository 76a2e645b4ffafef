// SPDX-License-Identifier: MIT
// The one switch from a G to its M's g0, with what must come along beside the registers.
//
// Exceptions (hosted). libstdc++ keeps, per thread, which exceptions are being handled and how many are on their way
// (__cxa_eh_globals; the layout is the Itanium C++ ABI's, 2.2.2). They are the G's: it may park in a catch block, or in a
// destructor that runs while an exception is on its way, and go on on another thread, while another G throws on this one. So
// a G takes them along, on its own stack, when it leaves its M, and every G, and g0, finds its M's empty. The address is
// asked for again after the switch: it is another thread's.
//
// Sanitizers: sanitizer.h.
#pragma once

#include "runtime/sanitizer.h"
#include "runtime/sched.h"

namespace mstart::runtime {

struct ExceptionState {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};
// __cxa_get_globals of a process that has exceptions, otherwise null.
using ExceptionStateOfThread = ExceptionState* (*)();
extern ExceptionStateOfThread exception_state;

// What the thread has; it has none then.
inline ExceptionState take_exceptions() {
  ExceptionState* here = exception_state();
  const ExceptionState taken = *here;
  *here = {};
  return taken;
}

// Leaves g's stack for g0's, afresh, where fn(g) runs and does not return. Comes back when g is executed again.
[[gnu::always_inline]] inline void switch_to_g0(G* g, M* m, void (*fn)(void*)) {
  ExceptionState exceptions;
  if (exception_state != nullptr) [[unlikely]]
    exceptions = take_exceptions();
  fiber_leave(g->fiber, m->g0.fiber);
  arch::switch_live(&g->sched, g0_stack(m), fn, g);
  fiber_arrive(g->fiber, &g->m->g0.fiber);
  if (exception_state != nullptr) [[unlikely]]
    *exception_state() = exceptions;
}

}  // namespace mstart::runtime
