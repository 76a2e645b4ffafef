// SPDX-License-Identifier: MIT
// Counts what is taken from the heap. Programs that include it are linked with --wrap (counted_heap in meson.build): the linker
// puts __wrap_NAME in NAME's place, and NAME in __real_NAME's.
#pragma once

#include <atomic>
#include <cstddef>

inline std::atomic<int> allocations{0};

extern "C" {
void* real_of_api(size_t, size_t) asm("__real__ZN6mstart2v06detail10heap_allocEmm");
void* counted_of_api(size_t, size_t) asm("__wrap__ZN6mstart2v06detail10heap_allocEmm");
void* real_of_runtime(size_t, size_t) asm("__real__ZN6mstart7runtime10heap_allocEmm");
void* counted_of_runtime(size_t, size_t) asm("__wrap__ZN6mstart7runtime10heap_allocEmm");

void* counted_of_api(size_t bytes, size_t align) {
  ++allocations;
  return real_of_api(bytes, align);
}
void* counted_of_runtime(size_t bytes, size_t align) {
  ++allocations;
  return real_of_runtime(bytes, align);
}
}
