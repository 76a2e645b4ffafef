// SPDX-License-Identifier: MIT
// A G that ends with its thread locked takes the thread with it, and nobody runs there any more. The first thread cannot
// end; nobody runs on it either (Go's LockOSThreadMain, LockOSThreadAlt). Its P goes to others: many ends leave as many Gs that
// can run at once.
// cases: first other goexit many
#include "observe.h"

using namespace mstart;

namespace {

// On the first thread: with one P and main parked, that is where the other G runs.
void first_thread() {
  set_procs(1);
  const int first = process_id();
  Scope scope;
  scope.go([&] {
    expect_equal(thread_id(), first, "the thread of the G");
    lock_thread();
  });
  scope.wait();
  for (int i = 0; i < 100; ++i) {
    yield();
    expect(thread_id() != first, "main is on another thread");
    Scope().go([&] { expect(thread_id() != first, "nobody runs on the first thread"); });
  }
}

// On another thread: main keeps the first one.
void other_thread(bool by_goexit) {
  lock_thread();
  int thread = 0;
  Scope scope;
  scope.go([&] {
    lock_thread();
    lock_thread();
    thread = thread_id();
    if (by_goexit) goexit();
  });
  scope.wait();
  unlock_thread();
  expect(thread != process_id(), "the G ran on a thread of its own");
  wait_until([&] { return !thread_exists(thread); });
  for (int i = 0; i < 100; ++i) {
    yield();
    expect(thread_id() != thread, "nobody runs on a thread that has ended");
  }
}

void many() {
  constexpr int kPs = 3;
  set_procs(kPs);
  for (int round = 0; round < 10; ++round) {
    Scope ending, running;
    for (int i = 0; i < kPs; ++i) ending.go([] { lock_thread(); });
    ending.wait();
    std::atomic<int> here{0};
    for (int i = 0; i < kPs; ++i) {
      running.go([&] {
        for (++here; here != kPs;) (void)raw_syscall(SYS_sched_yield);
      });
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  if (which == "first")
    first_thread();
  else if (which == "many")
    many();
  else
    other_thread(which == "goexit");
}
