// SPDX-License-Identifier: MIT
// No G can ever run again: that is said, with all Gs, and the status is 2. main alone, main in a static constructor, main
// and Gs, all having been busy on several threads (Go's SimpleDeadlock, InitDeadlock).
// cases: main constructor others after_work
// env: DEADLOCK_IN={case}
// status: 2
// stderr: fatal error: all goroutines are asleep - deadlock!
// stderr: goroutine 1 [waitgroup]:
// stderr: at 0x
// timeout: 20
// freestanding-only: nobody knows what foreign threads may bring
#include "expect.h"

using namespace mstart;

namespace {

struct Early {
  Early() {
    if (std::string_view(env("DEADLOCK_IN")) == "constructor") wait_for_ever();
  }
};
Early early;

}  // namespace

int main() {
  const std::string_view which = env("DEADLOCK_IN");
  set_procs(4);
  if (which == "others")
    for (int i = 0; i < 10; ++i) go(wait_for_ever);
  if (which == "after_work") {
    for (int i = 0; i < 10; ++i) {
      go([] {
        for (int n = 0; n < 10'000; ++n) yield();
        wait_for_ever();
      });
    }
  }
  wait_for_ever();
}
