// SPDX-License-Identifier: MIT
// Gs in the global queue have their turn, though the ring of the only P is never empty; none is lost on its way there.
// hogs: those in the ring yield until all others have begun. alone: main does, and all others are in the global queue.
// cases: hogs alone
// timeout: 20
#include "expect.h"

using namespace mstart;

int main(int argc, char** argv) {
  set_procs(1);
  constexpr int kGs = 1000;  // a ring holds 256
  const bool hogs = which_case(argc, argv) == "hogs";
  std::atomic<int> here{0};
  Gate gate;
  Scope scope;
  for (int i = 0; i < kGs; ++i) {
    scope.go([&] {
      ++here;
      while (hogs && here != kGs) yield();
      gate.wait();
    });
  }
  while (here != kGs) yield();
  gate.open();
}
