// SPDX-License-Identifier: MIT
// The only thread is locked to a G that waits for another, and no thread was to be had, not even the template thread: no G
// can ever run, and that is said.
// status: 2
// stderr: runtime: no thread is left that may run goroutines, or make threads: they are locked, or ended so
// stderr: fatal error: thread exhaustion
// timeout: 20
#include "expect.h"
#include "thread_hook.h"

using namespace mstart;

int main() {
  ThreadHook::install();
  ThreadHook::refuse = [](int) { return true; };
  set_procs(2);
  lock_thread();
  Scope scope;
  scope.go([] {});
  scope.wait();
}
