// SPDX-License-Identifier: MIT
// The first thread's scheduler has the stack that the kernel made: its overflow is a fault below it, reported all the same.
// status: 2
// stderr: fatal error: fault
// freestanding-only: libc tells the bounds of the first stack too: g0_overflow's text
#include "expect.h"
#include "recurse.h"
#include "runtime/sched.h"

int main() {
  mstart::runtime::systemstack([](void*) { (void)use_stack(SIZE_MAX); }, nullptr);
}
