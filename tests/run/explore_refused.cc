// SPDX-License-Identifier: MIT
// explore() with more than one P, when it is too late to have but one: it is said what to do.
// env: MSTART_PROCS=2
// status: 2
// stderr: fatal error: explore with more than one P: call it, or set_procs(1), before the first go()
#include <mstart/test.h>

#include "expect.h"

int main() {
  mstart::Scope().go([] {});
  (void)mstart::explore([] {});
}
