// SPDX-License-Identifier: MIT
// A function that writes past its array is stopped before it returns: on main, on a G, on another thread.
// cases: main g other_thread
// cflags: -fstack-protector-all
// status: 2
// stderr: fatal error: stack smashing detected
// freestanding-only: libc's own text and SIGABRT
#include "expect.h"

using namespace mstart;

namespace {

[[gnu::noinline]] void smash() {
  char array[16];
  char* at = array;
  asm volatile("" : "+r"(at));  // the compiler does not know what it points to
  for (size_t i = 0; i < 64; ++i) at[i] = 0x41;
  asm volatile("" : : "r"(at) : "memory");
}

// The stack goes on above.
[[gnu::noinline]] void not_at_the_top() {
  char room[256];
  asm volatile("" : : "r"(room) : "memory");
  smash();
  asm volatile("" : : "r"(room) : "memory");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  if (which == "main") not_at_the_top();
  if (which == "other_thread") lock_thread();
  go(not_at_the_top);
  wait_for_ever();
}
