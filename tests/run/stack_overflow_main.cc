// SPDX-License-Identifier: MIT
// main that uses up its 8 MiB: that is said.
// status: 2
// stderr: has used up its stack of 8388608 bytes
// stderr: fatal error: stack overflow
// stderr: goroutine 1 [running]
// skip-sanitizer: its handler of SIGSEGV was there first
#include "expect.h"
#include "recurse.h"

int main() {
  mstart::yield();
  (void)use_stack(SIZE_MAX);
}
