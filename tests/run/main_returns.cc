// SPDX-License-Identifier: MIT
// When main returns the process ends with its value, whatever others do: run, wait, wait with their threads locked. What has
// been printed is out. No destructor runs, of a static object or on another G's stack.
// status: 7
// stdout: printed by a G
// no-stderr
// freestanding-only: run() waits for Gs that never come to the scheduler, and static objects are destroyed
#include "expect.h"

using namespace mstart;

namespace {

struct Noisy {
  ~Noisy() { eprint("a destructor ran\n"); }
};
Noisy noisy;

}  // namespace

int main() {
  set_procs(2);
  std::atomic<int> running{0};
  Gate never_opened;
  for (int i = 0; i < 3; ++i) {
    go([&, i] {
      const Noisy local;
      if (i == 0) print("printed by a G\n");
      if (i == 1) lock_thread();
      ++running;
      if (i < 2) never_opened.wait();
      for (;;) asm volatile("");
    });
  }
  wait_until([&] { return running == 3; });
  return 7;
}
