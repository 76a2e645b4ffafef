// SPDX-License-Identifier: MIT
// Short tasks on one P. One operation: a G is started, says done() and ends. 100 are started, then
// wait() for all, and again.
#include "perf.h"

int main(int argc, char** argv) {
  const long batches = operations(argc, argv, 5'000'000, 10'000) / 100;
  mstart::set_procs(1);
  int64_t t0 = 0;
  mstart::WaitGroup done;
  for (long batch = -batches / 10; batch < batches; ++batch) {  // below 0: warm-up
    if (batch == 0) t0 = now_ns();
    done.add(100);
    for (int i = 0; i < 100; ++i) mstart::go([&done] { done.done(); });
    done.wait();
  }
  print_per_op("spawn", 100 * batches, now_ns() - t0);
}
