// SPDX-License-Identifier: MIT
// A function-local static whose initialisation needs itself: that is said, instead of waiting for ever.
// status: 2
// stderr: fatal error:
// freestanding-only: libstdc++'s guards throw
#include "expect.h"

namespace {

int the_number(int n) {
  static const int number = n == 0 ? 0 : the_number(n - 1);
  return number;
}

}  // namespace

int main() {
  mstart::yield();
  return the_number(1);
}
