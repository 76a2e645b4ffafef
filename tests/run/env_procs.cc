// SPDX-License-Identifier: MIT
// MSTART_PROCS says how many Ps there are.
// cases: 1 2 7 1024
// env: MSTART_PROCS={case}
// no-stderr
#include "expect.h"

using namespace mstart;

int main(int argc, char** argv) {
  int wanted = 0;
  for (const char c : which_case(argc, argv)) wanted = wanted * 10 + (c - '0');
  expect_equal(set_procs(0), wanted, "set_procs(0)");
  expect_equal(procs(), wanted, "procs()");
  Scope scope;
  for (int i = 0; i < 10; ++i) scope.go([] { yield(); });
}
