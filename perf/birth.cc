// SPDX-License-Identifier: MIT
// A thread's birth: from before go() to the first statement of the G, on an M made for it. There is an idle P and no idle
// M, so go() clones one, which finds the G in its creator's queue. The creator then blocks its thread (and P) until the G
// has run, and on the tid word until the kernel has cleared it: the G locks its thread and ends, so the thread ends too, and
// the next birth needs a new one. A G that ran on a thread that was there before is no sample; how many there were is said.
#include <linux/futex.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <charconv>

#include "latency.h"
#include "runtime/sched.h"

using namespace mstart;

int main(int argc, char** argv) {
  long n = operations(argc, argv, 4000, 200);
  const bool mark = has_option(argc, argv, "--mark");
  long rest_us = 0;
  for (int i = 1; i + 1 < argc; ++i) {
    const std::string_view value = argv[i + 1];
    if (std::string_view(argv[i]) == "-n") std::from_chars(value.data(), value.data() + value.size(), n);
    if (std::string_view(argv[i]) == "--rest") std::from_chars(value.data(), value.data() + value.size(), rest_us);
  }
  set_procs(2);
  lock_thread();  // the first one makes the template thread: not while we measure
  unlock_thread();
  Latencies births(n);
  uint64_t stale = 0;
  while (!births.enough()) {
    if (rest_us != 0) {
      const int64_t time[2] = {0, rest_us * 1000};
      (void)raw_syscall(SYS_nanosleep, &time[0], nullptr);
    }
    struct Shared {
      uint64_t born = 0;
      runtime::M* m = nullptr;
      os::Note ran;
    } shared;
    const uint64_t before = stats().ms_created;
    if (mark) (void)raw_syscall(SYS_getppid);
    const uint64_t t0 = arch::cycles();
    go([&shared, mark] {
      shared.born = arch::cycles();
      if (mark) (void)raw_syscall(SYS_getpgid, 0);
      lock_thread();
      shared.m = runtime::getg()->m;
      (void)shared.ran.wake();
    });
    shared.ran.sleep();
    for (int tid; (tid = shared.m->thread.tid()) != 0;)
      (void)raw_syscall(SYS_futex, shared.m->thread.address(), FUTEX_WAIT, tid, nullptr);
    if (stats().ms_created == before + 1)
      births.add(shared.born - t0);
    else
      ++stale;
    if (stale > 1000) fatal("birth: too many Gs ran on threads that were there before");
  }
  if (stale > 1) eprint("birth: {} Gs ran on threads that were there before\n", stale);
  births.print("birth");
}
