// SPDX-License-Identifier: MIT
// The processor itself: hints, the cycle counter, FP control.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mstart::arch {

// Tells the core that this is a spin-wait loop. isb, as `yield` does nothing on cores without SMT, which is nearly all;
// isb holds the pipeline for some tens of cycles, about what x86's pause does.
inline void cpu_relax() { asm volatile("isb" ::: "memory"); }

// The generic timer's virtual count, after all that comes before it in program order has been executed.
inline uint64_t cycles() {
  uint64_t count;
  asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(count)::"memory");
  return count;
}

// Hz of cycles() where the ISA tells it, 0 where it must be calibrated against a clock.
inline uint64_t cycles_hz() {
  uint64_t hz;
  asm("mrs %0, cntfrq_el0" : "=r"(hz));
  return hz;
}

// clone(2) hands the creator's rounding mode and exception traps on. An M starts with the ABI's (AAPCS64 6.1.2).
inline void reset_fp_control() { asm volatile("msr fpcr, xzr" ::: "memory"); }

// How this ISA's dynamic relocations for static-PIE are numbered.
inline constexpr uint32_t kRelocRelative = 1027;   // R_AARCH64_RELATIVE
inline constexpr uint32_t kRelocIrelative = 1032;  // R_AARCH64_IRELATIVE

// The vDSO's names.
inline constexpr const char* kVdsoClockGettime = "__kernel_clock_gettime";

}  // namespace mstart::arch
