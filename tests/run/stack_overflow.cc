// SPDX-License-Identifier: MIT
// A G that uses up its stack: that is said, with its name and the size. On a default stack, on one of its own size, and on a
// thread that the runtime made; and by one frame that reaches over the guard.
// cases: first_thread sized other_thread one_frame
// status: 2
// stderr: deep has used up its stack of
// stderr: fatal error: stack overflow
// skip-sanitizer: its handler of SIGSEGV was there first
#include "expect.h"
#include "recurse.h"

using namespace mstart;

namespace {

[[gnu::noinline]] void use_at_once() {
  volatile char much[1 << 20];
  much[0] = 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  set_procs(which == "other_thread" ? 2 : 1);
  const size_t bytes = which == "sized" ? size_t{1024} * 1024 : 0;
  if (which == "other_thread") lock_thread();
  go({.stack_bytes = bytes, .name = "deep"}, [&] {
    expect((thread_id() == process_id()) == (which != "other_thread"), "the thread");
    if (which == "one_frame") use_at_once();
    (void)use_stack(SIZE_MAX);
  });
  wait_for_ever();
}
