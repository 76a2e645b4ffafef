// SPDX-License-Identifier: MIT
// When main returns, run() returns what it has returned, whatever m0 does at that moment: runs main, runs another G, looks for
// work, sleeps on the idle list, waits for its locked G, or for ever because that has ended. No other G runs any more. Static
// objects are destroyed afterwards.
// cases: here elsewhere elsewhere_locked idle busy locked wedged many main_locked second_thread
// times: 20
// stdout: destroyed
// status: 7
#include <pthread.h>

#include "../run/expect.h"

using namespace mstart;

namespace {

struct Noisy {
  ~Noisy() { print("destroyed\n"); }
};
Noisy noisy;

std::atomic<bool> returned{false};
constinit int first_thread = 0;

// Gs that run all the time, until they may not.
void start_some() {
  for (int i = 0; i < 8; ++i) {
    go([] {
      for (;;) {
        expect(!returned, "a G runs after run()");
        yield();
        Scope().go([] {});
      }
    });
  }
}

// What the G on the first thread does when main has left that.
std::atomic<bool> main_has_left{false};
enum class Where { kUnknown, kHere, kElsewhere };
std::atomic<Where> where{Where::kUnknown};

void stay_on_first_thread(std::string_view which) {
  if (thread_id() != first_thread) {
    where = Where::kElsewhere;
    return;
  }
  where = Where::kHere;
  while (!main_has_left) {
  }
  if (which == "busy") {
    for (int i = 0; i < 3'000'000; ++i) asm volatile("");
    expect(!returned, "run() waits for a G that runs");
  } else if (which == "locked") {
    lock_thread();
    wait_for_ever();
  } else if (which == "wedged") {
    lock_thread();
    goexit();
  }
}

int body(std::string_view which) {
  if (which == "here") return 7;
  if (which == "many" || which == "main_locked") {
    if (which == "main_locked") lock_thread();
    start_some();
    for (int i = 0; i < 100; ++i) yield();
    return 7;
  }
  // Another G keeps the first thread until main has been stolen from it.
  do {
    where = Where::kUnknown;
    go([which] { stay_on_first_thread(which); });
    wait_until([] { return where != Where::kUnknown; });
  } while (where != Where::kHere);
  expect(thread_id() != first_thread, "main is elsewhere");
  main_has_left = true;
  if (which == "elsewhere_locked") lock_thread();  // main's thread ends with it
  if (which != "elsewhere" && which != "busy") {
    for (int i = 0; i < 100; ++i) (void)raw_syscall(SYS_sched_yield);
  }
  return 7;
}

int run_body(std::string_view which) {
  first_thread = thread_id();
  const int result = run({.procs = 3}, [which] { return body(which); });
  returned = true;
  expect_equal(thread_id(), first_thread, "the thread that run() returns to");
  for (int i = 0; i < 100; ++i) (void)raw_syscall(SYS_sched_yield);
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  static std::string_view which;
  which = which_case(argc, argv);
  if (which != "second_thread") return run_body(which);
  pthread_t thread;
  const auto many = [](void*) { return reinterpret_cast<void*>(intptr_t{run_body("many")}); };
  expect(pthread_create(&thread, nullptr, many, nullptr) == 0, "pthread_create");
  void* result;
  pthread_join(thread, &result);
  return static_cast<int>(reinterpret_cast<intptr_t>(result));
}
