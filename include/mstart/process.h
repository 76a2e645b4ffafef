// SPDX-License-Identifier: MIT
// The process: its environment.
#pragma once

#include <span>

namespace mstart::inline v0 {

using Strings = std::span<const char* const>;

// The environment that the process was started with, as "NAME=value" strings. [any] environ(7).
Strings environment();

// The value of a variable of it, nullptr if it is not set. [any] getenv(3).
const char* env(const char* name);

}  // namespace mstart::inline v0
