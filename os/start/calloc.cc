// SPDX-License-Identifier: MIT
// calloc(3) and free(3), for liburing.
#include <cstddef>

#include "runtime/heap.h"

extern "C" {

void* calloc(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  void* p = mstart::runtime::heap_alloc(bytes);
  if (p != nullptr) __builtin_memset(p, 0, bytes);
  return p;
}

void free(void* p) { mstart::runtime::heap_free(p); }
}
