// SPDX-License-Identifier: MIT
// thread_local variables that are aligned to more than a page are so on every thread.
// freestanding-only: glibc's loader refuses them
#include "expect.h"

using namespace mstart;

namespace {

thread_local int number = 42;
alignas(16384) thread_local char zero_pages[5000];
alignas(64) thread_local char zero_line[3];

bool aligned(const void* p, uintptr_t align) {
  asm volatile("" : "+r"(p));  // the compiler trusts alignas
  return reinterpret_cast<uintptr_t>(p) % align == 0;
}

// On a thread that nobody else has used.
[[gnu::noinline]] void visit() {
  expect(aligned(zero_pages, 16384) && aligned(zero_line, 64), "aligned");
  expect_equal(number, 42, "the initial value");
  for (const char c : zero_pages) expect(c == 0, "zeros");
  for (const char c : zero_line) expect(c == 0, "zeros");
  number = 43;
  for (char& c : zero_pages) c = 1;
  for (char& c : zero_line) c = 2;
  expect_equal(number, 43, "each has a place of its own");
}

}  // namespace

int main() {
  visit();
  lock_thread();
  Gate gate;
  Scope scope;
  for (int i = 0; i < 20; ++i) {
    scope.go([&] {
      lock_thread();
      visit();
      gate.wait();  // no thread ends before all have been born
    });
  }
  yield();
  gate.open();
}
