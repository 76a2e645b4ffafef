// SPDX-License-Identifier: MIT
// The raw switch, as park and yield use it: from one G's stack to the scheduler's and on to the other G's. One operation:
// one direction.
#include "arch/arch.h"
#include "perf.h"

using namespace mstart;

namespace {

arch::Context context[2];
alignas(64) char stack[64 * 1024], scheduler_stack[16 * 1024];
char* const top = stack + sizeof stack;
char* const scheduler_top = scheduler_stack + sizeof scheduler_stack;

void to_other(void* other) { arch::gogo_live(static_cast<arch::Context*>(other)); }

[[gnu::always_inline]] inline void switch_from(int me) {
  arch::switch_live(&context[me], scheduler_top, to_other, &context[1 - me]);
}

void play(void*) {
  for (;;) switch_from(1);
}

}  // namespace

int main(int argc, char** argv) {
  const long n = operations(argc, argv, 100'000'000, 100'000) / 2;
  arch::switch_live(&context[0], top, play, nullptr);
  const int64_t t0 = now_ns();
  for (long i = 0; i < n; ++i) switch_from(0);
  print_per_op("switch", 2 * n, now_ns() - t0);
}
