// SPDX-License-Identifier: MIT
// Ms as threads of libc's: what the core's thread_start and thread_end are in a process that has one.
#pragma once

#include "runtime/g.h"

namespace mstart::os {

// From here on newm1 makes threads by pthread_create.
void use_libc_threads();

// Calls fn() on this stack, as g0's, and returns when somebody calls leave_stack() below it, on this thread; fn itself does not
// return.
void enter_stack(runtime::G* g0, void (*fn)());
[[noreturn]] void leave_stack();

}  // namespace mstart::os
