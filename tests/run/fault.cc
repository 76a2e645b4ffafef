// SPDX-License-Identifier: MIT
// A fault that is no stack overflow: a bad address, a member of a null object, a jump to nowhere, on a G, on main, on another thread.
// cases: null address write jump other_thread
// status: 2
// stderr: unexpected fault address
// stderr: fatal error: fault
// skip-sanitizer: its handler of SIGSEGV was there first
#include "expect.h"

using namespace mstart;

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  set_procs(2);
  volatile uintptr_t where = which == "null" ? 0x18 : which == "jump" ? 0x10000 : 0x5555'0000'1230;
  const auto poke = [&] {
    auto* address = reinterpret_cast<volatile int*>(where);
    if (which == "jump") reinterpret_cast<void (*)()>(where)();
    if (which == "write") *address = 1;
    (void)*address;
  };
  if (which != "other_thread") poke();
  lock_thread();
  go(poke);
  wait_for_ever();
}
