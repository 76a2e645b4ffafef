// SPDX-License-Identifier: MIT
// Context: a place to continue at. Whoever saves one has already put away every register that it still needs (by the
// compiler's spills around switch_live, or by mcall's pushes), so these three are the whole of it. The .S files use the
// offsets; keep the two in step.
#pragma once

#define CONTEXT_SP 0
#define CONTEXT_PC 8
#define CONTEXT_FP 16

#ifndef __ASSEMBLER__
#include <cstddef>

namespace mstart::arch {

struct Context {
  void* sp = nullptr;
  void* pc = nullptr;
  void* fp = nullptr;
};
static_assert(offsetof(Context, sp) == CONTEXT_SP);
static_assert(offsetof(Context, pc) == CONTEXT_PC);
static_assert(offsetof(Context, fp) == CONTEXT_FP);

}  // namespace mstart::arch
#endif
