// SPDX-License-Identifier: MIT
// The allocator behind operator new and the runtime's own needs: size classes, each with a free list, cut from 64 KiB
// spans that are aligned to their size, so a block's span, and with it its class, is found from its address. Thread-safe,
// [any], never gives spans back; blocks over 16 KiB are mappings of their own.
#pragma once

#include <cstddef>

namespace mstart::runtime {

// At least `bytes`, aligned to `align` (a power of two, up to 4096); null: no memory.
void* heap_alloc(size_t bytes, size_t align = 16);
// Null is fine.
void heap_free(void* p);

}  // namespace mstart::runtime
