// SPDX-License-Identifier: MIT
// The handler runs on the alternate stack of the thread that faulted, so it can tell even of a stack that is used up.
#include "runtime/fault.h"

#include "os/mem.h"
#include "os/signal.h"
#include "runtime/report.h"
#include "runtime/sched.h"

namespace mstart::runtime {
namespace {

bool in_guard(const Stack& stack, uintptr_t address) {
  const auto lo = reinterpret_cast<uintptr_t>(stack.lo);
  return address < lo && lo - address <= os::page_size;
}

// On the alternate stack of the thread that faulted, all signals masked.
void on_fault(int signal, void* info, void* context) {
  const auto address = reinterpret_cast<uintptr_t>(static_cast<os::FaultInfo*>(info)->address);
  G* g = getg();
  const auto* at = static_cast<arch::SignalContext*>(context);
  if (g != nullptr)  // where the report shall begin; this G does not go on
    g->sched = {reinterpret_cast<void*>(at->sp()), reinterpret_cast<void*>(at->pc()),
                reinterpret_cast<void*>(at->fp())};
  // A G may be on its M's system stack (systemstack), under its own name.
  if (g != nullptr && in_guard(g->m->g0.stack, address)) throw_error("stack overflow on a scheduler stack");
  if (g != nullptr && in_guard(g->stack, address)) {
    report(2, "runtime: goroutine % $ has used up its stack of % bytes (GoOptions::stack_bytes)\n",
           {static_cast<intptr_t>(g->id), as_value(g->name), g->stack.hi - g->stack.lo});
    throw_error("stack overflow");
  }
  report(2, "unexpected fault address @: $ at pc @\n",
         {static_cast<intptr_t>(address), as_value(signal == os::kSigBus ? "SIGBUS" : "SIGSEGV"),
          static_cast<intptr_t>(at->pc())});
  throw_error("fault");
}

}  // namespace

void install_fault_handlers() {
  for (const int signal : {os::kSigSegv, os::kSigBus}) {
    // In a process with libc somebody else, a sanitizer for instance, may have been first.
    if (iscgo && !os::is_default(signal)) continue;
    check(os::set_handler(signal, on_fault).ok(), "mstartm0: rt_sigaction failed");
  }
}

}  // namespace mstart::runtime
