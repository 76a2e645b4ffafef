// SPDX-License-Identifier: MIT
// The second kind of failure: a programmer's error, or an invariant of ours that does not hold. Always on. The texts are
// unique and begin with the function's name, so they carry no file and line: fifty of those would be a third of a small
// program. Operating errors are a Result instead.
#pragma once

#include <cstdint>

namespace mstart::runtime {

// Prints "fatal error: <text>", the state of the Gs (MSTART_TRACEBACK says how much), and ends the process with status 2
// (SIGABRT with MSTART_TRACEBACK=crash). Allocates nothing, takes no lock. Any thread, any stack of 2 KB.
[[noreturn, gnu::cold]] void throw_error(const char* text);

inline void check(bool holds, const char* text) {
  if (!holds) [[unlikely]]
    throw_error(text);
}

}  // namespace mstart::runtime
