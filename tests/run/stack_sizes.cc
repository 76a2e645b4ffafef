// SPDX-License-Identifier: MIT
// GoOptions::stack_bytes: a G may have a stack as large as it asks for; a small wish gets the default.
#include "observe.h"
#include "recurse.h"

using namespace mstart;

int main() {
  constexpr size_t kKb = 1024;
  const auto mapped_kb = [] { return ProcFile("/proc/self/status").number_behind("VmSize:"); };
  const int64_t before = mapped_kb();
  for (int i = 0; i < 100; ++i) Scope().go({.stack_bytes = 20 * 1024 * kKb}, [] {});
  if (!emulated()) expect(mapped_kb() - before < 500 * 1024, "of 2 GB for the largest stacks nothing stays");
  for (int round = 0; round < 3; ++round) {
    Scope scope;
    for (const size_t kb : {0, 1, 64, 65, 128, 1000, 8 * 1024, 20 * 1024}) {
      for (int i = 0; i < 4; ++i) {
        scope.go({.stack_bytes = kb * kKb}, [=] {
          const size_t usable = (kb < 64 ? 64 : kb) * kKb;
          yield();
          expect(use_stack(usable - 2 * kKb) > 100, "nearly all of it");
          yield();
          expect(use_stack(32 * kKb) > 50, "a part of it again");
        });
      }
    }
  }
}
