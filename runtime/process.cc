// SPDX-License-Identifier: MIT
// The process's own affairs: its environment, its end, its clocks, bare system calls.
#include <mstart/file.h>
#include <mstart/go.h>
#include <mstart/process.h>
#include <mstart/time.h>

#include "os/auxv.h"
#include "os/clock.h"
#include "os/sys.h"
#include "runtime/bubble.h"
#include "runtime/exit.h"

namespace mstart::runtime {

constinit AtExit at_exit = nullptr;

}  // namespace mstart::runtime

namespace mstart::inline v0 {

void exit_process(int status) {
  if (runtime::at_exit != nullptr) runtime::at_exit();
  os::exit_group(status);
}

Strings environment() {
  char** first = os::process_start.environment();
  if (first == nullptr) return {};
  size_t n = 0;
  while (first[n] != nullptr) ++n;
  return {first, n};
}

const char* env(const char* name) { return os::env(name); }

namespace detail {

long monotonic_ns() {
  if (runtime::bubble_clock != nullptr) [[unlikely]]
    return runtime::bubble_clock(os::nanotime);
  return os::nanotime();
}
long realtime_ns() {
  if (runtime::bubble_clock != nullptr) [[unlikely]]
    return runtime::bubble_clock(os::walltime);
  return os::walltime();
}

Result<long> raw_syscall(long number, const long (&args)[6]) {
  return os::result<long>("syscall", arch::syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]));
}

}  // namespace detail
}  // namespace mstart::inline v0
