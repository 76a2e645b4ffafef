// SPDX-License-Identifier: MIT
// Ms are threads of libc's: mstart has found the bounds of their stacks, a C library that wants much stack runs on the scheduler's,
// thread_local variables are constructed and destroyed on each, and when an M ends so does the thread, and gives its memory
// back.
// env: MSTART_DEBUG=idle_ms=1
#include <pthread.h>
#include <stdlib.h>

#include <cstring>

#include "../run/observe.h"
#include "runtime/sched.h"

using namespace mstart;

namespace {

std::atomic<int> made{0}, destroyed{0};

struct PerThread {
  PerThread() { ++made; }
  ~PerThread() {
    // libc runs this when the M has gone: the thread is nobody's.
    if (runtime::getg() == nullptr) ++destroyed;
  }
  int value = 5;
};
thread_local PerThread per_thread;

// On a scheduler's stack.
void check_bounds(void*) {
  pthread_attr_t attributes;
  expect(pthread_getattr_np(pthread_self(), &attributes) == 0, "pthread_getattr_np");
  void* lowest;
  size_t bytes;
  pthread_attr_getstack(&attributes, &lowest, &bytes);
  pthread_attr_destroy(&attributes);
  const char* lo = static_cast<char*>(lowest);
  const runtime::Stack& stack = runtime::getg()->m->g0.stack;
  expect(stack.lo >= lo && stack.lo < lo + 4096, "the lowest address of the stack");
  expect(stack.hi <= lo + bytes && stack.hi > lo + bytes / 2, "the highest");
  char* here = static_cast<char*>(__builtin_alloca(1 << 16));
  std::memset(here, 1, 1 << 16);
  expect(here > stack.lo && here < stack.hi, "we are on it");
}

}  // namespace

int main() {
  return run({.procs = 4}, [] {
    const int n = rounds(200);
    for (int i = 0; i < n; ++i) {
      Scope scope;
      for (int k = 0; k < 4; ++k) {
        scope.go([] {
          expect_equal(per_thread.value, 5, "a thread_local variable");
          runtime::systemstack(check_bounds, nullptr);
          expect(runtime::getg()->m->thread.tid() == thread_id(), "the number of the thread");
          free(malloc(100));
          lock_thread();
        });
      }
    }
    expect(made > n, "threads that have been");
    wait_until([] { return destroyed >= made - 2; });  // m0, and main's
    const int64_t mapped = mappings();
    expect(mapped < 500, "the stacks of threads that have ended are given back");
  });
}
