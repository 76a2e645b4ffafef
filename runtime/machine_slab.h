// SPDX-License-Identifier: MIT
// The memory of an M: one slot of a slab, mapped a chunk at a time and never unmapped. From low to high addresses:
//
//   guard page | signal stack | guard page | g0's stack, 16 KiB | TLS block | M
//
// The M, the TLS block and the top of the stack share a page or two: that is all that a birth touches. Overflowing either
// stack faults.
#pragma once

#include "runtime/m.h"

namespace mstart::runtime {

M* new_m();        // from a chunk; maps one if there is no slot left; null: no memory
M* renew_m(M* m);  // one whose thread is gone, as new

}  // namespace mstart::runtime
