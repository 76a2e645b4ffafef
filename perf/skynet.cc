// SPDX-License-Identifier: MIT
// Skynet: a G starts ten, each of those ten more, down to 1,000,000 leaves; the leaves' numbers are added up through
// channels, one a G that has children. One operation: the whole tree.
#include "perf.h"

namespace {

using namespace mstart;

void skynet(const Chan<int64_t>& parent, int64_t number, int64_t size) {
  if (size == 1) return parent.send(number);
  const Chan<int64_t> sums;
  for (int64_t i = 0; i < 10; ++i) go([=] { skynet(sums, number + i * (size / 10), size / 10); });
  int64_t sum = 0;
  for (int i = 0; i < 10; ++i) sum += *sums.recv();
  parent.send(sum);
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t leaves = has_option(argc, argv, "--quick") ? 1'000 : 1'000'000;
  const Chan<int64_t> result;
  const int64_t t0 = now_ns();
  go([=] { skynet(result, 0, leaves); });
  if (*result.recv() != leaves * (leaves - 1) / 2) fatal("a wrong sum");
  print_per_op("skynet", 1, now_ns() - t0);
}
