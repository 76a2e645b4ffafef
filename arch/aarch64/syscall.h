// SPDX-License-Identifier: MIT
// A system call: number in x8, arguments in x0 to x5; the kernel overwrites x0 only. Returns the kernel's value: -4095..-1
// is -errno.
#pragma once

namespace mstart::arch {

[[gnu::always_inline]] inline long syscall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                                           long f = 0) {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}

}  // namespace mstart::arch
