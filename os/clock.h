// SPDX-License-Identifier: MIT
// CLOCK_MONOTONIC and CLOCK_REALTIME in ns, by the kernel's vDSO where there is one, by system call elsewhere (qemu-user
// has none). vdso(7).
#pragma once

#include <cstdint>

namespace mstart::os {

// Finds clock_gettime in the vDSO's dynamic symbols; null: none. Called once, by the start code.
void init_clock(const void* vdso);

int64_t nanotime();  // CLOCK_MONOTONIC
int64_t walltime();  // CLOCK_REALTIME

}  // namespace mstart::os
