// SPDX-License-Identifier: MIT
// Look-ups in what the kernel left on the stack.
#include "os/auxv.h"

namespace mstart::os {

constinit ProcessStart process_start{};

uint64_t auxv(uint64_t type) {
  if (process_start.auxv == nullptr) return 0;
  for (const Elf64_auxv_t* entry = process_start.auxv; entry->a_type != AT_NULL; ++entry) {
    if (entry->a_type == type) return entry->a_un.a_val;
  }
  return 0;
}

const char* env(const char* name) {
  char** const first = process_start.environment();
  if (first == nullptr) return nullptr;
  for (char** entry = first; *entry != nullptr; ++entry) {
    const char* s = *entry;
    const char* n = name;
    while (*n != 0 && *s == *n) ++s, ++n;
    if (*n == 0 && *s == '=') return s + 1;
  }
  return nullptr;
}

}  // namespace mstart::os
