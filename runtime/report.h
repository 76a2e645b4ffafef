// SPDX-License-Identifier: MIT
// How the runtime's own reports are written: with print's parts, but with a format that is looked up at run time, for the
// few kinds of values that there are. A call of print's costs up to 40 bytes an argument; reports are in every program.
#pragma once

#include <mstart/print.h>

#include <cstdint>
#include <initializer_list>

namespace mstart::runtime {

// `form` with the values filled in: % a number, @ an address (0x...), $ a string.
void fill(Sink& out, const char* form, std::initializer_list<intptr_t> values);

// The same as one write(2) of up to 255 bytes.
void report(int fd, const char* form, std::initializer_list<intptr_t> values);

inline intptr_t as_value(const void* p) { return reinterpret_cast<intptr_t>(p); }

}  // namespace mstart::runtime
