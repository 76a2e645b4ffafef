// SPDX-License-Identifier: MIT
// thread_local variables, with initial values and with alignments up to a page, are each thread's own and where they must
// be, on the first thread and on those that are born.
#include "expect.h"

using namespace mstart;

namespace {

thread_local char odd = 3;
alignas(64) thread_local char line[64] = {1, 2};
alignas(4096) thread_local char page[5000] = {4, 5};
thread_local uint64_t zero;
thread_local const char* pointer = "relocated";

// noinline: the addresses are computed anew on each thread.
[[gnu::noinline]] void check_thread() {
  expect(reinterpret_cast<uintptr_t>(&line) % 64 == 0, "alignment 64");
  expect(reinterpret_cast<uintptr_t>(&page) % 4096 == 0, "alignment 4096");
  expect(odd == 3 && line[0] == 1 && line[1] == 2 && line[63] == 0, "initial values");
  expect(page[0] == 4 && page[1] == 5 && page[4999] == 0 && zero == 0, "initial values of a page");
  expect(std::string_view(pointer) == "relocated", "an address as initial value");
  odd = 9;
  line[63] = 8;
  page[4999] = 8;
  zero = 7;
}

}  // namespace

int main() {
  set_procs(4);
  check_thread();
  lock_thread();
  for (int i = 0; i < 100; ++i) {
    Scope scope;
    for (int n = 0; n < 3; ++n) {
      scope.go([] {
        lock_thread();
        check_thread();
        for (int k = 0; k < 3; ++k) yield();
        expect(odd == 9 && page[4999] == 8 && zero == 7, "they are the thread's own");
      });
    }
  }
  expect(odd == 9 && line[63] == 8 && zero == 7, "the first thread's are as they were");
}
