// SPDX-License-Identifier: MIT
// The inline switch: to the compiler it is one instruction that may change every register, so only values that live
// across it are spilled; and it continues by an indirect jump, which predicts, where a `ret` on another stack never does.
// Callers are compiled with -mno-red-zone.
#pragma once

#include "frame.h"

namespace mstart::arch {

// xmm: the whole of ymm and zmm. Those of AVX-512, which nobody could name without it, live only where it is compiled for.
#ifdef __AVX512F__
#define MSTART_AVX512_REGISTERS                                                                                 \
  , "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26", "xmm27", \
      "xmm28", "xmm29", "xmm30", "xmm31", "k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#else
#define MSTART_AVX512_REGISTERS
#endif
#define MSTART_ALL_VECTOR_REGISTERS                                                                                   \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", \
      "xmm14", "xmm15", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)" MSTART_AVX512_REGISTERS

// Saves the place after it into *from, moves to the stack that ends at `sp` (16-byte aligned, its bottom marked) and jumps
// to fn(arg), which must not return.
[[gnu::always_inline]] inline void switch_live(Context* from, void* sp, void (*fn)(void*), void* arg) {
  asm volatile(
      "leaq 1f(%%rip), %%rax\n\t"
      "movq %%rsp, %c[sp_at](%[from])\n\t"
      "movq %%rax, %c[pc_at](%[from])\n\t"
      "movq %%rbp, %c[fp_at](%[from])\n\t"
      "leaq mstart_bottom(%%rip), %%rax\n\t"
      "movq %[sp], %%rsp\n\t"
      "xorl %%ebp, %%ebp\n\t"
      "pushq %%rax\n\t"
      "jmp *%[fn]\n\t"
      ".p2align 4\n"
      "1:\tendbr64"
      : [from] "+S"(from), [sp] "+d"(sp), [fn] "+c"(fn), "+D"(arg)
      : [sp_at] "i"(CONTEXT_SP), [pc_at] "i"(CONTEXT_PC), [fp_at] "i"(CONTEXT_FP)
      : "rax", "rbx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", MSTART_ALL_VECTOR_REGISTERS, "memory",
        "cc");
}

// Continues a Context: gogo without the call.
[[noreturn, gnu::always_inline]] inline void gogo_live(const Context* to) {
  asm volatile(
      "movq %c[sp_at](%[to]), %%rsp\n\t"
      "movq %c[fp_at](%[to]), %%rbp\n\t"
      "jmp *%c[pc_at](%[to])"
      :
      : [to] "S"(to), [sp_at] "i"(CONTEXT_SP), [pc_at] "i"(CONTEXT_PC), [fp_at] "i"(CONTEXT_FP)
      : "memory");
  __builtin_unreachable();
}

}  // namespace mstart::arch
