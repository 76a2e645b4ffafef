// SPDX-License-Identifier: MIT
#include "runtime/g.h"

// The one thread_local of the core (I6): the current g. extern "C" because the accessor in arch/ names it; constinit, so
// no wrapper function stands before it.
extern "C" {
[[gnu::tls_model("initial-exec")]] constinit thread_local void* mstart_g = nullptr;  // I6
}
