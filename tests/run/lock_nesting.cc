// SPDX-License-Identifier: MIT
// lock_thread() nests: the G stays on its thread until it has been unlocked as often. Too many unlocks are no error (Go's
// TestLockOSThreadNesting).
#include "expect.h"
#include "runtime/sched.h"

using namespace mstart;

namespace {

bool locked() {
  const runtime::G* g = runtime::getg();
  expect((g->locked_m != nullptr) == (g->m->lockedg == g), "G and M agree");
  return g->locked_m != nullptr;
}

void check_nesting() {
  expect(!locked(), "not locked at first");
  unlock_thread();  // nothing
  lock_thread();
  lock_thread();
  expect(locked(), "locked twice");
  unlock_thread();
  expect(locked(), "unlocked once");
  const int thread = thread_id();
  for (int i = 0; i < 100; ++i) {
    yield();
    expect_equal(thread_id(), thread, "the thread");
  }
  {
    const ThreadLock outer;
    const ThreadLock inner;
  }
  expect(locked(), "as before the scope");
  unlock_thread();
  expect(!locked(), "unlocked twice");
  unlock_thread();
  expect(!locked(), "unlocked once too often");
  lock_thread();
  expect(locked(), "and locked again");
  unlock_thread();
}

}  // namespace

int main() {
  check_nesting();
  Scope scope;
  for (int i = 0; i < 10; ++i) scope.go(check_nesting);
  scope.wait();
  check_nesting();
}
