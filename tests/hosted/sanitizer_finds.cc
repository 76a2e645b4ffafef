// SPDX-License-Identifier: MIT
// What the sanitizers are for is found on the stacks of Gs, and after them: accesses beside a local variable, one that is gone,
// freed memory, undefined behaviour; a race of two Gs.
// cases-address: stack-buffer-overflow stack-use-after-return heap-use-after-free overflow
// cases-thread: race
// env: ASAN_OPTIONS=detect_leaks=0:exitcode=66
// status: 66
// stderr: {case}
#include <climits>
#include <cstdlib>

#include "../run/expect.h"

using namespace mstart;

namespace {

// Escapes: compilers must not know what they are made to do.
template <class T>
T* hidden(T* p) {
  asm volatile("" : "+r"(p)::"memory");
  return p;
}

[[gnu::noinline]] void beside() {
  int numbers[4] = {};
  yield();
  hidden(&numbers[0])[4] = 1;
}
[[gnu::noinline]] int* pointer_to_local() {
  int local = 5;
  return hidden(&local);
}
[[gnu::noinline]] void gone() {
  int* p = pointer_to_local();
  yield();
  print("{}\n", *p);
}
[[gnu::noinline]] void freed() {
  int* p = hidden(new int(5));
  delete p;
  yield();
  print("{}\n", *hidden(p));
}
[[gnu::noinline]] void undefined() {
  int n = INT_MAX;
  print("{}\n", *hidden(&n) + 1);
}

int counter = 0;

void race() {
  std::atomic<int> there{0};
  Scope scope;
  for (int i = 0; i < 2; ++i) {
    scope.go([&] {
      ++there;
      while (there < 2) {
      }
      for (int k = 0; k < 1000; ++k) *hidden(&counter) += 1;
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  return run({.procs = 2}, [=] {
    for (int i = 0; i < 100; ++i) Scope().go([] { yield(); });
    if (which == "race") return race();
    Scope().go(which == "stack-buffer-overflow"    ? beside
               : which == "stack-use-after-return" ? gone
               : which == "heap-use-after-free"    ? freed
                                                   : undefined);
  });
}
