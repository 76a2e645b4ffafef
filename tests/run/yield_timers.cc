// SPDX-License-Identifier: MIT
// Gs that do nothing but yield do not keep a timer from running, though no other G is there to yield to, and no P is free.
// cases: one_p all_ps
// timeout: 30
#include "expect.h"

using namespace mstart;

int main(int argc, char** argv) {
  const int ps = which_case(argc, argv) == "one_p" ? 1 : 3;
  set_procs(ps);
  std::atomic<bool> woken{false};
  go([&] {
    sleep_for(std::chrono::milliseconds(1));
    woken = true;
  });
  Scope others;
  for (int i = 1; i < ps; ++i) {
    others.go([&] {
      while (!woken) yield();
    });
  }
  while (!woken) yield();
}
