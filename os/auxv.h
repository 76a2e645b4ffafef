// SPDX-License-Identifier: MIT
// What the kernel tells a new program on its stack, and what we make of it. getauxval(3).
#pragma once

#include <elf.h>

#include <cstdint>

#include "arch/arch.h"

namespace mstart::os {

// Null-terminated arrays of the kernel's, set once, by the start code. In a process with libc the environment is where libc
// keeps it: setenv(3) may put it elsewhere.
struct ProcessStart {
  int argc = 0;
  char** argv = nullptr;
  char** envp = nullptr;
  char*** libc_environ = nullptr;
  char** environment() const { return libc_environ != nullptr ? *libc_environ : envp; }
  const Elf64_auxv_t* auxv = nullptr;
  bool secure = false;   // AT_SECURE: the environment is somebody else's
  arch::TlsImage tls;    // PT_TLS
  uintptr_t canary = 0;  // from AT_RANDOM; the same for all threads, as a G may change threads between a function's
                         // prologue and its epilogue (I7)
};
[[gnu::visibility("hidden")]] extern ProcessStart process_start;

// The value of an auxiliary entry, 0 if the kernel did not give it.
uint64_t auxv(uint64_t type);

// The value of an environment variable, null if there is none. Blocks nothing.
const char* env(const char* name);

}  // namespace mstart::os
