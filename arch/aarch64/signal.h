// SPDX-License-Identifier: MIT
// What a signal handler reads of the thread that it interrupted: the kernel's ucontext (asm/ucontext.h,
// asm/sigcontext.h), as far as we look at it.
#pragma once

#include <cstdint>

namespace mstart::arch {

struct SignalContext {
  uint64_t flags;
  SignalContext* link;
  struct {
    void* sp;
    int flags;
    uint64_t size;
  } stack;
  uint64_t mask;
  uint64_t room_for_more_signals[15];
  struct alignas(16) {
    uint64_t fault_address;
    uint64_t x[31];
    uint64_t sp, pc, pstate;
  } machine;

  uintptr_t pc() const { return machine.pc; }
  uintptr_t sp() const { return machine.sp; }
  uintptr_t fp() const { return machine.x[29]; }
};

}  // namespace mstart::arch
