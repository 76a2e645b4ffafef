// SPDX-License-Identifier: MIT
// The one thread_local, in an object of its own: a program without the scheduler may have it too.
#include "runtime/g.h"

// The current g (I6). extern "C" because the accessor in arch/ names it; constinit, so no wrapper function stands before it.
extern "C" {
[[gnu::tls_model("initial-exec")]] constinit thread_local void* mstart_g = nullptr;  // I6
}
