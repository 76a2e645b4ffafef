// SPDX-License-Identifier: MIT
// The floor under a thread's birth: one clone(2), no libc thread, nothing prepared per thread. One
// operation: from before the clone to the child's first statement. The creator waits in a futex on
// the tid word, which the kernel clears and wakes when the child has exited, so the stack and the
// TLS block are free, and warm, for the next. --altstack: one system call in the child before its
// stamp.
#include "bench.h"

#include <linux/futex.h>
#include <sched.h>
#include <signal.h>

static char stack[64 << 10] __attribute__((aligned(4096))), alt[32 << 10];
static char tls[4096] __attribute__((aligned(4096)));
static int tid;  // nonzero from before the child runs (PARENT_SETTID) until it is gone (CLEARTID)
static uint64_t born;

static int child(void* unused) {
  (void)unused;
  if (options.altstack)
    syscall(SYS_sigaltstack, &(stack_t){.ss_sp = alt, .ss_size = sizeof alt}, NULL);
  born = ticks();
  if (options.mark) syscall(SYS_getpgid, 0);
  return 0;  // to glibc's clone(), which calls exit(2) and knows nothing else of this thread
}

int main(int argc, char** argv) {
  parse_options(argc, argv, 4000, 200);
  const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                    CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
  uint64_t* sample = calloc((size_t)options.n + kWarmup, sizeof *sample);
  for (long i = 0; i < options.n + kWarmup; ++i) {
    if (options.rest_us) usleep((useconds_t)options.rest_us);
    if (options.mark) syscall(SYS_getppid);
    const uint64_t t0 = ticks();
    if (clone(child, stack + sizeof stack, flags, NULL, &tid, tls + sizeof tls / 2, &tid) < 0)
      return perror("clone"), 1;
    for (int t; (t = __atomic_load_n(&tid, __ATOMIC_ACQUIRE)) != 0;)
      syscall(SYS_futex, &tid, FUTEX_WAIT, t, NULL);
    sample[i] = born - t0;
  }
  print_latencies("birth", options.altstack ? "clone+altstack" : "clone", sample);
}
