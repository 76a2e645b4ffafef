// SPDX-License-Identifier: MIT
// Gs that wait for ever with their threads locked are a deadlock like any other (Go's LockedDeadlock, LockedDeadlock2). ended: the
// last G that could have woken main ends with its thread.
// cases: main other both ended
// env: MSTART_DEBUG=idle_ms=0
// status: 2
// stderr: fatal error: all goroutines are asleep - deadlock!
// timeout: 20
// freestanding-only: nobody knows what foreign threads may bring
#include "expect.h"
#include "runtime/sched.h"

using namespace mstart;

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  if (which != "main") {
    go([=] {
      lock_thread();
      if (which != "ended") wait_for_ever();
      wait_until([] {
        const runtime::LockGuard guard(runtime::sched.lock);
        return runtime::sched.nmidlelocked == 1;  // main sleeps
      });
    });
  }
  if (which != "other") lock_thread();
  wait_for_ever();
}
