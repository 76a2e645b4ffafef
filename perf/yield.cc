// SPDX-License-Identifier: MIT
// Two Gs on one P yield to each other. One operation: one yield(), that is one way through the
// scheduler and one switch.
#include "perf.h"

int main(int argc, char** argv) {
  const long n = operations(argc, argv, 20'000'000, 20'000) / 2;
  mstart::set_procs(1);
  int64_t t0 = 0;
  mstart::WaitGroup done;
  for (int g = 0; g < 2; ++g) {
    done.go([&] {
      for (long i = -n / 10; i < n; ++i) {  // below 0: warm-up
        if (i == 0) t0 = now_ns();
        mstart::yield();
      }
    });
  }
  done.wait();
  print_per_op("yield", 2 * n, now_ns() - t0);
}
