// SPDX-License-Identifier: MIT
// The floor under sleeping: how late clock_nanosleep(2) until 50 us from now returns, with the least timer slack.
#include "bench.h"

#include <sys/prctl.h>

int main(int argc, char** argv) {
  parse_options(argc, argv, 5000, 100);
  prctl(PR_SET_TIMERSLACK, 1);
  uint64_t* late = calloc((size_t)options.n, sizeof *late);
  for (long i = 0; i < options.n; ++i) {
    const uint64_t until = now_ns() + 50000;
    const struct timespec at = {(time_t)(until / 1000000000u), (long)(until % 1000000000u)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    late[i] = now_ns() - until;
  }
  qsort(late, (size_t)options.n, sizeof *late, by_value);
  printf("{\"bench\":\"sleep\",\"peer\":\"clock_nanosleep\",\"clock\":\"monotonic\",\"n\":%ld,", options.n);
  printf("\"p50_ns\":%ld,\"p99_ns\":%ld}\n", (long)late[options.n / 2], (long)late[options.n * 99 / 100]);
}
