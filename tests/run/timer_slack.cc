// SPDX-License-Identifier: MIT
// Sleeps end when they should: no thread that runs Gs has the kernel's default timer slack of 50 us, also where the template thread was
// the first to be born.
// cases: gs_first template_first
#include "expect.h"

using namespace mstart;

namespace {

int64_t slack() {
  constexpr long kPrGetTimerslack = 30;
  return *raw_syscall(SYS_prctl, kPrGetTimerslack, 0, 0, 0, 0);
}

}  // namespace

int main(int argc, char** argv) {
  set_procs(2);
  if (which_case(argc, argv) == "template_first") lock_thread(), unlock_thread();
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
