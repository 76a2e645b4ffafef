// SPDX-License-Identifier: MIT
// Who has waited for more than a millisecond and has lost once gets the mutex from unlock(), and runs before the unlocker goes
// on, on its P. With one P that is so each time; with two, the other P may take the waiter first, but it still has the mutex.
// cases: 1 2
// env: MSTART_PROCS={case}
#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

// Whether the waiter ran before unlock() had returned.
bool hand_over() {
  Mutex mutex;
  std::atomic<bool> waits{false}, has_it{false};
  mutex.lock();
  Scope scope;
  scope.go([&] {
    waits = true;
    mutex.lock();
    has_it = true;
    mutex.unlock();
  });
  wait_until([&] { return waits.load(); });
  bool at_once = false;
  for (int turns = 0; !has_it; ++turns) {
    for (const TimePoint end = Clock::now() + 1100us; Clock::now() < end;) {
    }
    mutex.unlock();  // wakes it, or hands over
    at_once = has_it;
    if (!has_it && !mutex.try_lock()) break;  // it has been handed over, and not run yet
    if (has_it) {
      mutex.lock();
      break;
    }
    yield();  // it loses, and is first in the queue
    expect(turns < 1000, "it gets the mutex");
  }
  if (!at_once) mutex.lock();
  mutex.unlock();
  return at_once;
}

}  // namespace

int main(int argc, char** argv) {
  const int n = rounds(200);
  int at_once = 0;
  for (int i = 0; i < n; ++i) at_once += hand_over() ? 1 : 0;
  if (which_case(argc, argv) == "1") expect_equal(at_once, n, "handed over at once");
}
