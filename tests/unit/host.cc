// SPDX-License-Identifier: MIT
// The fatal paths for structures that are tested without the runtime: text on stderr, status 2, as the runtime's own.
#include <mstart/result.h>
#include <unistd.h>

#include <cstring>

#include "runtime/check.h"

namespace mstart::runtime {

void throw_error(const char* text) {
  (void)!write(2, "fatal error: ", 13);
  (void)!write(2, text, strlen(text));
  (void)!write(2, "\n", 1);
  _exit(2);
}

}  // namespace mstart::runtime

namespace mstart::inline v0 {

// weak: a test may link runtime/errno.cc, which knows the errors' texts.
[[gnu::weak]] void detail::bad_result(Error error) { runtime::throw_error(error.call); }

}  // namespace mstart::inline v0
