// SPDX-License-Identifier: MIT
// mstart in a process with libc: run().
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>

namespace mstart::inline v0 {

// procs: how many Gs run at once, 0: as set_procs() and MSTART_PROCS say. stack_bytes: what the stack of a G holds that asks
// for nothing else; 0, or less than that: 256 KiB (glibc's own functions use up to 64 KiB). deadlock_check: no thread
// but the runtime's will bring work, so that all Gs wait for ever is an error, and reported as in a program without libc.
struct RunOptions {
  int procs = 0;
  size_t stack_bytes = 0;
  bool deadlock_check = false;
};

namespace detail {

int run(const RunOptions& options, int (*main)(void*) noexcept, void* arg);

}  // namespace detail

// Starts the runtime on this thread and runs main() as G 1, on a stack of 8 MiB. Once per process, a second time is fatal.
// main returns int, or void for 0; when it does, no other G runs again, and when those that are running have come to the
// scheduler (a G that never does is waited for) run() returns its result. What their stacks hold is not destroyed. Threads
// are made by pthread_create, so C libraries and exceptions are at home on them; one that leaves main or another function
// given to the runtime is std::terminate. [any] Blocks the thread. On a G, so always in a freestanding program: just calls
// main.
template <class F>
int run(const RunOptions& options, F&& main) {
  using Main = std::remove_reference_t<F>;
  using Value = std::invoke_result_t<F>;
  static_assert(std::is_void_v<Value> || std::is_same_v<Value, int>, "main returns int or void");
  struct Call {
    Main& main;
  } call{main};
  return detail::run(
      options,
      [](void* c) noexcept -> int {
        Main& f = static_cast<Call*>(c)->main;
        if constexpr (std::is_void_v<Value>) {
          std::invoke(static_cast<F&&>(f));
          return 0;
        } else {
          return std::invoke(static_cast<F&&>(f));
        }
      },
      &call);
}
template <class F>
int run(F&& main) {
  return run(RunOptions{}, static_cast<F&&>(main));
}

}  // namespace mstart::inline v0
