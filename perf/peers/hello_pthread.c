// SPDX-License-Identifier: MIT
// The smallest threaded program with a libc: one thread made and joined, one line written. Measured
// from outside: bytes of the static binary, exec to exit, system calls. With an argument, main
// first makes a call to be found by strace.
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

static void* nothing(void* unused) { return unused; }

int main(int argc, char** argv) {
  (void)argv;
  if (argc > 1) syscall(SYS_getppid);
  pthread_t thread;
  if (pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL)) return 1;
  return write(1, "hello\n", 6) != 6;
}
