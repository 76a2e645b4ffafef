// SPDX-License-Identifier: MIT
// Sleeps end when they should: no thread that runs Gs has the kernel's default timer slack of 50 us.
#include "expect.h"

using namespace mstart;

namespace {

int64_t slack() {
  constexpr long kPrGetTimerslack = 30;
  return *raw_syscall(SYS_prctl, kPrGetTimerslack, 0, 0, 0, 0);
}

}  // namespace

int main() {
  set_procs(2);
  const int first = thread_id();
  std::atomic<int> elsewhere{0};
  wait_until([&] {
    Scope().go([&] {
      if (!emulated()) expect_equal(slack(), 1, "the slack of a G's thread, in ns");
      if (thread_id() != first) ++elsewhere;
    });
    return elsewhere != 0;
  });
  if (!emulated()) expect_equal(slack(), 1, "the slack of main's thread, in ns");
}
