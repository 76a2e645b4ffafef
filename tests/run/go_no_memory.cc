// SPDX-License-Identifier: MIT
// Without memory for more stacks go() is fatal, in words.
// status: 2
// stderr: fatal error: go: out of memory for a goroutine's stack
// skip-qemu: it ignores RLIMIT_AS
// skip-sanitizer: it maps more than RLIMIT_AS can allow
#include "expect.h"

using namespace mstart;

int main() {
  set_procs(2);
  const struct {
    uint64_t now, max;
  } limit{uint64_t{50} << 20, uint64_t{50} << 20};
  constexpr long kRlimitAs = 9;
  expect(raw_syscall(SYS_prlimit64, 0, kRlimitAs, &limit, nullptr).ok(), "prlimit");
  for (int i = 0; i < 1'000'000; ++i) go(wait_for_ever);
}
