// SPDX-License-Identifier: MIT
// How many system calls a birth takes, without root: a few births under ptrace. At each entry of a call all of the thread's
// earlier stores are in the shared records, so they say to which birth it belongs: the creator's from begin until the creating
// call has returned, the newborn's until its end. (What the creator then waits in is not counted.)
#pragma once

#include <optional>

#include "process.h"
#include "results.h"

namespace threadlab {

// The median birth. None, with the reason in `problem`, if this process may not trace (it is being traced itself).
std::optional<Calls> count_calls(const Subject& subject, const Factors& factors, std::string& problem);

}  // namespace threadlab
