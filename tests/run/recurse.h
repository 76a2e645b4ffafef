// SPDX-License-Identifier: MIT
// Stack, used.
#pragma once

#include <cstddef>
#include <cstdint>

// Goes on until `bytes` of the stack below the first call are in use, each page touched. SIZE_MAX: until there is no more.
[[gnu::noinline]] inline uint64_t use_stack(size_t bytes, uintptr_t from = UINTPTR_MAX) {
  volatile char frame[512];
  const auto here = reinterpret_cast<uintptr_t>(&frame[0]);
  if (from == UINTPTR_MAX) from = here;
  frame[0] = 1;
  const uint64_t below = from - here < bytes ? use_stack(bytes, from) : 0;
  return below + static_cast<unsigned char>(frame[0]);
}
