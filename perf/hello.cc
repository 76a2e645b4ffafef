// SPDX-License-Identifier: MIT
// 8 Gs, a WaitGroup, one line. Measured from outside: bytes, exec to exit, system calls. With an
// argument, main first makes a call for strace to find.
#include <mstart/mstart.h>
#include <sys/syscall.h>

#include <atomic>

int main(int argc, char**) {
  if (argc > 1) (void)mstart::raw_syscall(SYS_getppid);
  std::atomic<int> ran = 0;
  mstart::WaitGroup done;
  done.add(8);
  for (int i = 0; i < 8; ++i) {
    mstart::go([&] {
      ran.fetch_add(1, std::memory_order_relaxed);
      done.done();
    });
  }
  done.wait();
  mstart::print("hello from {} Gs\n", ran.load(std::memory_order_relaxed));
}
