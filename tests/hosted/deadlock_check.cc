// SPDX-License-Identifier: MIT
// With deadlock_check the deadlock of all Gs is reported in a process with libc too.
// status: 2
// stderr: fatal error: all goroutines are asleep - deadlock!
// stderr: goroutine 1 [sync.Mutex.Lock]
// stderr: deadlock: goroutine 1 waits for mutex 0x
// timeout: 20
#include "../run/expect.h"

using namespace mstart;

int main() {
  return run({.deadlock_check = true}, [] {
    Mutex mutex;
    mutex.lock();
    mutex.lock();
  });
}
