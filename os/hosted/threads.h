// SPDX-License-Identifier: MIT
// Ms as threads of libc's: what the core's thread_start and thread_end are in a process that has one.
#pragma once

#include <cstddef>

namespace mstart::os {

// How much stack the calling thread has below `here`; 0: libc cannot tell.
size_t stack_below(const char* here);

// From here on newm1 makes threads by pthread_create.
void use_libc_threads();

// Calls fn() on this stack and returns when somebody calls leave_stack() below it, on this thread; fn itself does not return.
void enter_stack(void (*fn)());
[[noreturn]] void leave_stack();

}  // namespace mstart::os
