// SPDX-License-Identifier: MIT
// CLOCK_MONOTONIC and CLOCK_REALTIME in ns, by the kernel's vDSO where there is one, by system call elsewhere (qemu-user
// has none). vdso(7).
#pragma once

#include <cstdint>

struct __kernel_timespec;

namespace mstart::os {

// Finds clock_gettime in the vDSO's dynamic symbols; null: none. Called once, by the start code.
void init_clock(const void* vdso);

// What both are read with; null: the kernel. Returns what it was before.
using ClockGettime = long (*)(int clock, __kernel_timespec* out);
ClockGettime set_clock(ClockGettime);

int64_t nanotime();         // CLOCK_MONOTONIC
int64_t walltime();         // CLOCK_REALTIME
int64_t kernel_nanotime();  // CLOCK_MONOTONIC by the system call, whatever set_clock() says: what futexes sleep by

}  // namespace mstart::os
