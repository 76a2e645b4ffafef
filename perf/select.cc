// SPDX-License-Identifier: MIT
// select over two channels of which one is ready, each in turn. One operation: a send, and the select that receives it.
#include "perf.h"

int main(int argc, char** argv) {
  using namespace mstart;
  const long n = operations(argc, argv, 10'000'000, 20'000);
  set_procs(1);
  const Chan<int> channels[] = {Chan<int>(1), Chan<int>(1)};
  int64_t t0 = 0, sum = 0;
  for (long i = -n / 10; i < n; ++i) {  // below 0: warm-up
    if (i == 0) t0 = now_ns();
    channels[i & 1].send(static_cast<int>(i & 1));
    std::optional<int> v;
    sum += select(recv(channels[0], v), recv(channels[1], v)) == *v;
  }
  if (sum != n + n / 10) fatal("a wrong case ran");
  print_per_op("select", n, now_ns() - t0);
}
