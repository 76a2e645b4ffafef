// SPDX-License-Identifier: MIT
// A value of MSTART_PROCS that is none: the program does not start, and it is said what is allowed.
// cases: 0 -1 1025 2x two 99999999999999999999
// env: MSTART_PROCS={case}
// status: 2
// stderr: MSTART_PROCS={case}: must be 1..1024
#include "expect.h"

int main() {
  mstart::yield();
  expect(false, "the program does not start");
}
