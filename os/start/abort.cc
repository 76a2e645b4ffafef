// SPDX-License-Identifier: MIT
// Where a compiler, the standard library's headers or a program give up: fatal.
#include "runtime/check.h"

using mstart::runtime::throw_error;

namespace std {
void terminate() noexcept { throw_error("std::terminate called"); }
}  // namespace std

extern "C" {
[[noreturn]] void abort() noexcept { throw_error("abort called"); }
[[noreturn]] void __cxa_pure_virtual() { throw_error("pure virtual method called"); }
[[noreturn]] void __cxa_deleted_virtual() { throw_error("deleted virtual method called"); }
// The caller's frame cannot be trusted, but it is not needed any more.
[[noreturn]] void __stack_chk_fail() { throw_error("stack smashing detected"); }
}
