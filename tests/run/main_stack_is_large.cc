// SPDX-License-Identifier: MIT
// main has a stack of 8 MiB, before its first go() and after: a recursion of 7 MiB, and one huge local array.
#include "expect.h"
#include "recurse.h"

using namespace mstart;

namespace {

[[gnu::noinline]] void huge_local() {
  volatile char array[size_t{6} * 1024 * 1024];
  for (size_t i = 0; i < sizeof array; i += 4096) array[i] = 2;
  expect(array[0] == 2, "the array");
}

}  // namespace

int main() {
  constexpr size_t kBytes = size_t{7} * 1024 * 1024;
  expect(use_stack(kBytes) > 1000, "the recursion");
  huge_local();
  Scope scope;
  for (int i = 0; i < 10; ++i) scope.go([] { yield(); });
  scope.wait();
  expect(use_stack(kBytes) > 1000, "the recursion");
  huge_local();
}
