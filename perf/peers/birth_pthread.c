// SPDX-License-Identifier: MIT
// A thread's birth as libc has it, with default attributes. One operation: from before
// pthread_create to the first statement of the thread's function. The creator blocks in
// pthread_join before the next, so libc may keep the stack (glibc does, musl maps one anew).
#include "bench.h"

#include <pthread.h>

static uint64_t born;

static void* child(void* unused) {
  born = ticks();
  if (options.mark) syscall(SYS_getpgid, 0);
  return unused;
}

int main(int argc, char** argv) {
  parse_options(argc, argv, 4000, 200);
  uint64_t* sample = calloc((size_t)options.n + kWarmup, sizeof *sample);
  for (long i = 0; i < options.n + kWarmup; ++i) {
    pthread_t thread;
    if (options.rest_us) usleep((useconds_t)options.rest_us);
    if (options.mark) syscall(SYS_getppid);
    const uint64_t t0 = ticks();
    if (pthread_create(&thread, NULL, child, NULL)) return perror("pthread_create"), 1;
    pthread_join(thread, NULL);
    sample[i] = born - t0;
  }
#ifdef __GLIBC__
  print_latencies("birth", "glibc", sample);
#else
  print_latencies("birth", "musl", sample);
#endif
}
