// SPDX-License-Identifier: MIT
// The inline switch: to the compiler it is one instruction that may change every register, so only values that live
// across it are spilled; and it continues by an indirect jump, which predicts, where a `ret` on another stack never does.
// The frame pointer is saved by hand: compilers do not let asm change it.
#pragma once

#include "frame.h"

namespace mstart::arch {

// v: the whole of z where there is SVE. FFR never lives across asm.
#define MSTART_ALL_VECTOR_REGISTERS                                                                                   \
  "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", \
      "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31", "p0", "p1",   \
      "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "p11", "p12", "p13", "p14", "p15"

// Saves the place after it into *from, moves to the stack that ends at `sp` (16-byte aligned, its bottom marked) and jumps
// to fn(arg), which must not return.
[[gnu::always_inline]] inline void switch_live(Context* from, void* sp, void (*fn)(void*), void* arg) {
  register void* x0 asm("x0") = arg;
  register Context* x1 asm("x1") = from;
  register void* x2 asm("x2") = sp;
  register void (*x16)(void*) asm("x16") = fn;
  asm volatile(
      "mov x9, sp\n\t"
      "adr x10, 1f\n\t"
      "stp x9, x10, [%[from], %[sp_at]]\n\t"
      "str x29, [%[from], %[fp_at]]\n\t"
      "adrp x30, mstart_bottom\n\t"
      "add x30, x30, :lo12:mstart_bottom\n\t"
      "mov sp, %[sp]\n\t"
      "mov x29, #0\n\t"
      "br %[fn]\n\t"
      ".p2align 4\n"
      "1:\thint #36"  // bti j
      : [from] "+r"(x1), [sp] "+r"(x2), [fn] "+r"(x16), "+r"(x0)
      : [sp_at] "i"(CONTEXT_SP), [fp_at] "i"(CONTEXT_FP)
      : "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x17", "x18", "x19", "x20",
        "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x30", MSTART_ALL_VECTOR_REGISTERS, "memory", "cc");
}

// Continues a Context: gogo without the call.
[[noreturn, gnu::always_inline]] inline void gogo_live(const Context* to) {
  register const Context* x0 asm("x0") = to;
  asm volatile(
      "ldp x9, x16, [%[to], %[sp_at]]\n\t"
      "ldr x29, [%[to], %[fp_at]]\n\t"
      "mov sp, x9\n\t"
      "br x16"
      :
      : [to] "r"(x0), [sp_at] "i"(CONTEXT_SP), [fp_at] "i"(CONTEXT_FP)
      : "memory");
  __builtin_unreachable();
}

}  // namespace mstart::arch
