// SPDX-License-Identifier: MIT
// Memory from the kernel. Guards: a page that faults on every access, by whichever way the kernel has that is cheapest.
#pragma once

#include "os/sys.h"

namespace mstart::os {

// 4096 until the auxiliary vector has been read; set once, by the start code.
[[gnu::visibility("hidden")]] extern size_t page_size;

constexpr size_t align_up(size_t n, size_t align) { return (n + align - 1) & ~(align - 1); }
inline char* align_up(char* p, size_t align) {
  return reinterpret_cast<char*>(align_up(reinterpret_cast<uintptr_t>(p), align));
}

// Zeroed, private, backed when it is touched.
Result<char*> map_pages(size_t bytes);
// The same for stacks: MAP_STACK keeps transparent huge pages away (Linux 6.7), which would back a whole stack at its first
// touch.
Result<char*> map_stacks(size_t bytes);
// The same, backed now, so that the first access does not fault.
Result<char*> map_backed(size_t bytes);

// Makes `count` guards of one page each, the first at `first`, `stride` bytes apart: by MADV_GUARD_INSTALL (Linux 6.13),
// for all at once where process_madvise takes it for oneself, otherwise one by one; by PROT_NONE where the kernel does not
// know it or only says it does (qemu-user answers 0 to any advice: the first guard's effect is looked at).
Result<void> install_guards(char* first, size_t stride, size_t count);

// True if a read of *p would fault. Asks the kernel, touches nothing.
bool is_inaccessible(const void* p);

}  // namespace mstart::os
