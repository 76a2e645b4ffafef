// SPDX-License-Identifier: MIT
// An ifunc, a function that chooses its code before anything else runs, is resolved by the start code: for a call, for a
// pointer, and in a constructor.
#include "expect.h"

namespace {

int forty_two() { return 42; }

}  // namespace

extern "C" {
using Answer = int();
Answer* resolve_answer() { return forty_two; }
int answer() __attribute__((ifunc("resolve_answer")));
}

namespace {

Answer* volatile pointer = answer;
const int early = answer();

}  // namespace

int main() {
  expect_equal(answer(), 42, "a call");
  expect_equal(pointer(), 42, "a pointer");
  expect_equal(early, 42, "in a constructor");
}
