// SPDX-License-Identifier: MIT
// Why the kernel refused a thread, in words: newosproc's diagnosis (I8).
#pragma once

#include <cstdint>

#include "os/limits.h"
#include "os/sys.h"

namespace mstart::inline v0 {
class Sink;
}

namespace mstart::runtime {

// Prints Go's words ("runtime: failed to create new OS thread (have N already; errno=E)") to standard error, and which
// limit it most likely was, with its value and what would lift it. One write(2). Reads files; allocates nothing; needs 10 KB
// of stack.
void explain_refused_thread(const Error& error, int64_t have);

// The text, from limits that are known.
void describe_refused_thread(Sink& out, const Error& error, int64_t have, const os::ThreadLimits& limits);

}  // namespace mstart::runtime
