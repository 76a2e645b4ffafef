// SPDX-License-Identifier: MIT
// newm1's other branch: threads are made by thread_start, on stacks that the runtime has not made. mstart finds their bounds;
// Gs run, threads end and others are born, locked threads too. sized: the hook tells how large its stacks are.
// cases: plain sized
// freestanding-only: the hook is a stand-in for libc's
#include "observe.h"
#include "thread_hook.h"

using namespace mstart;

namespace {

// The scheduler's stack of this thread is the hook's, and mstart has found where.
void check_stack(size_t bytes) {
  const runtime::M* m = runtime::getg()->m;
  if (m == &runtime::m0) return;
  const runtime::Stack& stack = m->g0.stack;
  expect(stack.hi > stack.lo && static_cast<size_t>(stack.hi - stack.lo) < bytes, "the size of the stack");
  expect(ThreadHook::owns(stack.lo, stack.hi), "the stack is the hook's");
  static thread_local int mine = 5;
  expect(mine == 5, "thread_local variables are there");
}

// A reader is inside the lock: its word counts them, and has no name out here.
bool exec_lock_is_held() {
  uint32_t readers;
  __builtin_memcpy(&readers, &runtime::exec_lock, sizeof readers);
  return readers != 0;
}

}  // namespace

int main(int argc, char** argv) {
  ThreadHook::tell_size = which_case(argc, argv) == "sized";
  const size_t bytes = ThreadHook::tell_size ? ThreadHook::kStackBytes : size_t{16} * 1024;
  ThreadHook::refuse = [](int) {
    expect(exec_lock_is_held(), "nobody may exec while a thread is made");
    expect(!ThreadHook::asking->thread.gone(), "a thread that is being born is not gone");
    return false;
  };
  ThreadHook::install();
  set_procs(4);
  std::atomic<int> ran{0};
  const int n = rounds(500);
  for (int i = 0; i < n; ++i) {
    Scope scope;
    for (int k = 0; k < 3; ++k) {
      scope.go([&] {
        yield();
        check_stack(bytes);
        ++ran;
      });
    }
    scope.go([&] {
      lock_thread();
      check_stack(bytes);
      ++ran;
    });
  }
  expect_equal(ran, 4 * n, "Gs that ran");
  // The last one may be on its way.
  wait_until([] { return static_cast<int64_t>(stats().ms_created) == ThreadHook::made + 1; });
  const Stats s = stats();
  expect(s.ms_ended >= static_cast<uint64_t>(n) / 2, "threads have ended");
  expect(s.births_refused == 0, "none was refused");
}
