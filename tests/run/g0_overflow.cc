// SPDX-License-Identifier: MIT
// The runtime's own code that uses up a scheduler's stack runs into its guard, and that is said (Go's G0StackOverflow).
// scheduler: while it schedules; systemstack: while a G has it do something.
// cases: scheduler systemstack
// status: 2
// stderr: fatal error: stack overflow on a scheduler stack
// skip-sanitizer: its handler of SIGSEGV was there first
#include "expect.h"
#include "recurse.h"
#include "runtime/sched.h"

using namespace mstart;

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  set_procs(2);
  lock_thread();  // the other G gets a thread of its own: the first one's scheduler has the kernel's stack
  go([=] {
    if (which == "systemstack") runtime::systemstack([](void*) { (void)use_stack(SIZE_MAX); }, nullptr);
    runtime::park([](runtime::G*, void*) { return use_stack(SIZE_MAX) == 0; }, nullptr, runtime::WaitReason::kForEver);
  });
  wait_for_ever();
}
