// SPDX-License-Identifier: MIT
// main is G 1, in reports too (Go's MainGoroutineID).
// status: 2
// stderr: fatal error: test
// stderr: goroutine 1 [running]
#include "expect.h"

int main() {
  expect_equal(static_cast<int64_t>(mstart::this_g()), 1, "main's id");
  mstart::fatal("test");
}
