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
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip;

  uintptr_t pc() const { return rip; }
  uintptr_t sp() const { return rsp; }
  uintptr_t fp() const { return rbp; }
};

}  // namespace mstart::arch
