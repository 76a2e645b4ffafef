// SPDX-License-Identifier: MIT
// As many Gs as the argument says lock their threads and wait for the last one, so that each needs a thread of its own.
// A getppid stands before the first.
#include <mstart/mstart.h>
#include <sys/syscall.h>

#include <charconv>
#include <string_view>

using namespace mstart;

int main(int argc, char** argv) {
  int n = 8;
  if (argc > 1) {
    const std::string_view text = argv[1];
    std::from_chars(text.data(), text.data() + text.size(), n);
  }
  (void)raw_syscall(SYS_getppid);
  WaitGroup all_locked;
  all_locked.add(n);
  Scope scope;
  for (int i = 0; i < n; ++i) {
    scope.go([&] {
      lock_thread();
      all_locked.done();
      all_locked.wait();
      unlock_thread();
    });
  }
  scope.wait();
  print("{} threads born\n", stats().ms_created - 1);
}
