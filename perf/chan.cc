// SPDX-License-Identifier: MIT
// Channels between two Gs: `pair` (or nothing): unbuffered, there and back, one operation a round trip; `pipe`: buffer of
// 100, one sends and one receives, one operation an element. --one: on one P, otherwise on all.
#include "perf.h"

namespace {

using namespace mstart;

int64_t round_trips(long n) {
  const Chan<int> there, back;
  go([=] {
    for (const int v : there) back.send(v);
  });
  int64_t t0 = 0;
  for (long i = -n / 10; i < n; ++i) {  // below 0: warm-up
    if (i == 0) t0 = now_ns();
    there.send(1);
    (void)back.recv();
  }
  const int64_t took = now_ns() - t0;
  there.close();
  return took;
}

int64_t elements(long n) {
  const Chan<int> pipe(100);
  go([=] {
    for (long i = -n / 10; i < n; ++i) pipe.send(1);
  });
  int64_t t0 = 0;
  for (long i = -n / 10; i < n; ++i) {
    if (i == 0) t0 = now_ns();
    (void)pipe.recv();
  }
  return now_ns() - t0;
}

}  // namespace

int main(int argc, char** argv) {
  if (has_option(argc, argv, "--one")) set_procs(1);
  if (has_option(argc, argv, "pipe")) {
    const long n = operations(argc, argv, 20'000'000, 20'000);
    print_per_op("pipe", n, elements(n));
  } else {
    const long n = operations(argc, argv, 5'000'000, 10'000);
    print_per_op("pair", n, round_trips(n));
  }
}
