// SPDX-License-Identifier: MIT
// A function-local static whose constructor comes back to it: that can never end, and it is said.
// status: 2
// stderr: fatal error: recursive initialisation of a function-local static
// freestanding-only: libstdc++'s guards throw
#include "expect.h"

namespace {

int depth(int n) {
  static const int value = n < 100 ? depth(n + 1) + 1 : 0;
  return n + value;
}

}  // namespace

int main() {
  mstart::yield();
  expect(depth(0) == 0, "never comes here");
}
