// SPDX-License-Identifier: MIT
// Before the first go() the process is one thread, and it has one G (Go's NoHelperGoroutines).
// freestanding-only: static objects are constructed before run()
#include "observe.h"

using namespace mstart;

namespace {

Gate early;  // constructors run before main
const uint64_t first_id = this_g();

}  // namespace

int main() {
  early.open();
  early.wait();
  yield();
  WaitGroup().wait();
  expect(first_id == 1, "constructors run on main's G");
  expect(procs() >= 1, "the Ps have been counted");
  print("{}\n", Clock::now() <= never);
  expect_equal(num_g(), 1, "Gs");
  expect_equal(num_m(), 1, "threads");
  // The emulator has threads of its own.
  if (!emulated()) expect_equal(threads(), 1, "threads that the kernel knows");
  const Stats s = stats();
  expect(s.ms_created == 1 && s.ms_ended == 0 && s.gs_created == 1 && s.gs_ended == 0, "what the counts say");
}
