// SPDX-License-Identifier: MIT
// A million Gs: each starts ten, down to 1,000,000 leaves, and the leaves' numbers are added up on the way back, one channel
// for each G that has children.
//
// stdout: 499999500000
// skip-qemu: each guard is a mapping of its own there, and a million are more than vm.max_map_count
#include <mstart/mstart.h>

using namespace mstart;

void skynet(const Chan<int64_t>& parent, int64_t number, int64_t leaves) {
  if (leaves == 1) return parent.send(number);
  Chan<int64_t> sums;
  for (int64_t i = 0; i < 10; ++i) go([=] { skynet(sums, number + i * (leaves / 10), leaves / 10); });
  int64_t sum = 0;
  for (int i = 0; i < 10; ++i) sum += *sums.recv();
  parent.send(sum);
}

int main() {
  const TimePoint begin = Clock::now();
  Chan<int64_t> result;
  go([=] { skynet(result, 0, 1'000'000); });
  print("{}\n", *result.recv());
  eprint("{} Gs in {} on {} Ps\n", stats().gs_created, Clock::now() - begin, procs());
}
