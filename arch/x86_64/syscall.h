// SPDX-License-Identifier: MIT
// A system call: number in rax, arguments in rdi rsi rdx r10 r8 r9; the kernel overwrites rcx and r11. Returns the
// kernel's value: -4095..-1 is -errno.
#pragma once

namespace mstart::arch {

[[gnu::always_inline]] inline long syscall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                                           long f = 0) {
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  long result;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

}  // namespace mstart::arch
