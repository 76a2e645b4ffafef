// SPDX-License-Identifier: MIT
// What the printer's files share.
#pragma once

#include <mstart/print.h>

namespace mstart::inline v0::detail {

// All of it, whatever write(2) takes at a time; see print() for errors.
void write_all(int fd, std::string_view text);

// A number with its sign, unless that is '\0'. Returns the bytes before the digits.
size_t write_integer(Sink& out, uint64_t value, char sign, const Spec& spec);

}  // namespace mstart::inline v0::detail
