// SPDX-License-Identifier: MIT
// The start of a program that uses the scheduler: m0 with p0, main's G, and mstart. In a program that starts no G and
// parks nothing this object is not there (the start library refers to it weakly), and main runs on the kernel's stack.
#include <mstart/go.h>

#include "os/limits.h"
#include "runtime/birth.h"
#include "runtime/config.h"
#include "runtime/exit.h"
#include "runtime/sched.h"
#include "runtime/seeded.h"
#include "runtime/stack.h"

extern "C" {
[[noreturn]] void mstart_rt_main(int (*program)());
}

namespace mstart::runtime {

constinit G main_g;

namespace {

constexpr size_t kMainStackBytes = size_t{8} * 1024 * 1024;

using Program = int (*)();
constinit Program program_main = nullptr;  // constructors and main

void run_main() {
  const int status = program_main();
  let_failure_report();
  exit_process(status);
}

constexpr detail::ClosureType kMainType{0, 1, nullptr, [](void*) noexcept { run_main(); }, nullptr};

void make_main_g() {
  const Result<Stack> stack = take_sized_stack(kMainStackBytes);
  check(stack.ok(), "no memory for main's stack");
  start_on_stack(&main_g, *stack);
  main_g.own_stack = true;
  main_g.id = 1;
  main_g.type = &kMainType;
  main_g.closure = main_g.inline_closure;
  main_g.status.store(GStatus::kRunnable, std::memory_order_relaxed);
  p0.gs_created.add();
  runqput(&p0, &main_g, true);
}

}  // namespace
}  // namespace mstart::runtime

// Go's rt0_go and schedinit: m0, g0 and p0 belong together, then main's G, then mstart.
void mstart_rt_main(int (*program)()) {
  using namespace mstart::runtime;
  program_main = program;
  m0.g0.m = &m0;
  setg(&m0.g0);
  mcommoninit(&m0, 0);
  read_config();
  if (config.seed >= 0) start_seeded();
  if (config.birth) {
    record_births();
    at_exit = [] { report_births(2); };
  }
  acquirep(&p0);
  make_main_g();
  mstart::arch::mstart();
}
