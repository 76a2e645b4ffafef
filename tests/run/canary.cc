// SPDX-License-Identifier: MIT
// A G that migrates to another thread between a function's prologue and its epilogue finds the same stack-protector canary
// there: all threads have one. It ends strings, and is not the same in every process.
// cflags: -fstack-protector-all
// freestanding-only: libc's canary is libc's affair
#include "expect.h"
#include "os/auxv.h"

using namespace mstart;

namespace {

// Comes back on another thread than it was called on, if that can be had.
[[gnu::noinline]] int migrate(int depth) {
  volatile char guarded[64];
  guarded[0] = static_cast<char>(depth);
  const int before = thread_id();
  const int below = depth != 0 ? migrate(depth - 1) : 0;
  for (int i = 0; i < 20 && thread_id() == before; ++i) yield();
  return below + (thread_id() != before ? 1 : 0) + (guarded[0] == static_cast<char>(depth) ? 0 : 1'000'000);
}

}  // namespace

int main() {
  const uintptr_t canary = os::process_start.canary;
  expect((canary & 0xff) == 0 && canary != 0, "the first byte in memory is a 0, the others are the kernel's");
  set_procs(4);
  std::atomic<int> migrations{0};
  wait_until([&] {
    Scope scope;
    for (int i = 0; i < 50; ++i) {
      scope.go([&] {
        for (int n = 0; n < 10; ++n) migrations += migrate(5);
      });
    }
    scope.wait();
    return migrations > 100;
  });
  expect(migrations < 1'000'000, "locals are whole");
}
