// SPDX-License-Identifier: MIT
// arch::SignalContext against the kernel's own headers, which do not go together with libc's <signal.h>.
// clang-format off: the last needs what the others declare.
#include <asm/sigcontext.h>
#include <asm/signal.h>
#include <asm/ucontext.h>
// clang-format on

#include "arch/arch.h"

namespace {

using mstart::arch::SignalContext;

// The kernel's names for one and the same.
auto& pc_of(auto& machine) {
  if constexpr (requires { machine.rip; }) {
    return machine.rip;
  } else {
    return machine.pc;
  }
}
auto& sp_of(auto& machine) {
  if constexpr (requires { machine.rsp; }) {
    return machine.rsp;
  } else {
    return machine.sp;
  }
}
auto& fp_of(auto& machine) {
  if constexpr (requires { machine.rbp; }) {
    return machine.rbp;
  } else {
    return machine.regs[29];
  }
}

static_assert(offsetof(SignalContext, flags) == offsetof(ucontext, uc_flags));
static_assert(offsetof(SignalContext, link) == offsetof(ucontext, uc_link));
static_assert(offsetof(SignalContext, stack.sp) == offsetof(ucontext, uc_stack.ss_sp));
static_assert(offsetof(SignalContext, stack.flags) == offsetof(ucontext, uc_stack.ss_flags));
static_assert(offsetof(SignalContext, stack.size) == offsetof(ucontext, uc_stack.ss_size));
static_assert(sizeof(SignalContext) <= sizeof(ucontext));
static_assert(alignof(SignalContext) <= alignof(ucontext));

}  // namespace

// Each is written through the kernel's field and read through ours.
bool signal_layout_is_the_kernels() {
  alignas(ucontext) static unsigned char bytes[sizeof(ucontext)];
  auto* theirs = reinterpret_cast<ucontext*>(bytes);
  const auto* ours = reinterpret_cast<const SignalContext*>(bytes);
  pc_of(theirs->uc_mcontext) = 0x1234;
  sp_of(theirs->uc_mcontext) = 0x5678;
  fp_of(theirs->uc_mcontext) = 0x9abc;
  asm volatile("" ::"r"(bytes) : "memory");  // of two types
  return ours->pc() == 0x1234 && ours->sp() == 0x5678 && ours->fp() == 0x9abc;
}
