// SPDX-License-Identifier: MIT
// With idle_ms=0 threads never leave: those that there are do all the work.
// env: MSTART_DEBUG=idle_ms=0
#include "expect.h"

using namespace mstart;

int main() {
  set_procs(4);
  for (int i = 0; i < rounds(20'000); ++i) {
    Scope scope;
    for (int n = 0; n < 3; ++n) scope.go([] { yield(); });
  }
  expect(stats().ms_ended == 0, "nobody has left");
  expect(num_m() < 20, "the same few threads did it");
}
