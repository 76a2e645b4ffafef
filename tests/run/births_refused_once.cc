// SPDX-License-Identifier: MIT
// One birth is refused, and threads are to be had again at once: lock_thread(), which comes before the runtime would ask again,
// does ask, so that there is a thread for what the locked one does not run. The template thread, too, may be refused now and then.
// cases: before template
// timeout: 30
#include "thread_hook.h"

using namespace mstart;

int main(int argc, char** argv) {
  static bool template_too;
  template_too = which_case(argc, argv) == "template";
  ThreadHook::refuse = [](int n) { return n == 0 || (template_too && n < 3); };
  ThreadHook::install();
  set_procs(2);
  Scope scope;
  scope.go([] {});
  lock_thread();
  scope.wait();
}
