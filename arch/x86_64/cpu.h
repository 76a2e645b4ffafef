// SPDX-License-Identifier: MIT
// The processor itself: hints, the cycle counter, FP control.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mstart::arch {

// Tells the core that this is a spin-wait loop.
inline void cpu_relax() { asm volatile("pause" ::: "memory"); }

// The time stamp counter, after all that comes before it in program order has been executed.
inline uint64_t cycles() {
  uint32_t lo, hi;
  asm volatile("lfence\n\trdtsc" : "=a"(lo), "=d"(hi)::"memory");
  return (uint64_t{hi} << 32) | lo;
}

// Hz of cycles() where the ISA tells it, 0 where it must be calibrated against a clock.
inline uint64_t cycles_hz() { return 0; }

// clone(2) hands the creator's rounding modes and exception masks on. An M starts with the ABI's (System V psABI 3.4.1).
inline void reset_fp_control() {
  const uint32_t mxcsr = 0x1f80;
  const uint16_t x87 = 0x37f;
  asm volatile("ldmxcsr %0\n\tfldcw %1" ::"m"(mxcsr), "m"(x87));
}

// How this ISA's dynamic relocations for static-PIE are numbered.
inline constexpr uint32_t kRelocRelative = 8;    // R_X86_64_RELATIVE
inline constexpr uint32_t kRelocIrelative = 37;  // R_X86_64_IRELATIVE

// The vDSO's names.
inline constexpr const char* kVdsoClockGettime = "__vdso_clock_gettime";

}  // namespace mstart::arch
