// SPDX-License-Identifier: MIT
// A G that keeps a mutex nearly all the time does not starve one that wants it now and then.
// env: MSTART_PROCS=2
#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

int main() {
  Mutex mutex;
  std::atomic<bool> stop{false};
  Scope scope;
  scope.go([&] {
    while (!stop) {
      mutex.lock();
      for (const TimePoint end = Clock::now() + 100us; Clock::now() < end;) {
      }
      mutex.unlock();
    }
  });
  const TimePoint start = Clock::now();
  for (int i = 0; i < 10; ++i) {
    sleep_for(100us);
    mutex.lock();
    mutex.unlock();
  }
  stop = true;
  expect(Clock::now() - start < 10s, "ten turns in ten seconds");
}
