// SPDX-License-Identifier: MIT
// main has called goexit() and no G is left, at once or later (Go's GoexitDeadlock, GoexitExit).
// cases: alone later locked
// status: 2
// stderr: fatal error: no goroutines (main called runtime.Goexit) - deadlock!
// timeout: 20
// freestanding-only: nobody knows what foreign threads may bring
#include "expect.h"

using namespace mstart;

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  if (which != "alone") {
    for (int i = 0; i < 10; ++i) {
      go([=] {
        if (which == "locked") lock_thread();
        for (int n = 0; n < 100; ++n) yield();
      });
    }
  }
  goexit();
}
