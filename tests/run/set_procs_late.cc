// SPDX-License-Identifier: MIT
// After the first go() the number of Ps cannot be changed.
// status: 2
// stderr: fatal error: set_procs after the first go()
#include "expect.h"

int main() {
  mstart::set_procs(2);
  mstart::go([] {});
  mstart::set_procs(3);
}
