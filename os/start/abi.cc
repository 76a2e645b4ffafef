// SPDX-License-Identifier: MIT
// The small symbols that compilers, libgcc and libstdc++'s headers expect of a libc. Nothing here refers to the runtime.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "os/auxv.h"

extern "C" {

// No destructor of a static object is ever run: whoever registers one is told that all is well.
int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }
void* __dso_handle = nullptr;

// AArch64's canary. The start code sets it before anything that has a stack protector runs.
uintptr_t __stack_chk_guard = 0;

// libgcc's out-of-line atomics (AArch64) ask for AT_HWCAP in a constructor.
unsigned long __getauxval(unsigned long type) { return mstart::os::auxv(type); }

// libstdc++ counts references without atomics where this is not 0. Nobody can say when the first thread comes: never.
extern char __libc_single_threaded;
char __libc_single_threaded = 0;
}

// make_shared without RTTI: is this the tag's type_info? It never is, as there is none; the tag's own address is compared
// before.
bool std::_Sp_make_shared_tag::_S_eq(const std::type_info&) noexcept { return false; }
