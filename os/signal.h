// SPDX-License-Identifier: MIT
// Signal handlers, masks and stacks, without a libc between. signal(7), sigaltstack(2).
#pragma once

#include <cstdint>

#include "os/sys.h"

namespace mstart::os {

inline constexpr int kSigIll = 4, kSigTrap = 5, kSigAbrt = 6, kSigBus = 7, kSigFpe = 8, kSigSegv = 11;
inline constexpr uint64_t kAllSignals = ~uint64_t{0};
// glibc's for cancelling and for setuid() (32, 33), musl's for setuid() (34): with libc, who blocks them stops whoever
// waits for all threads to have taken one (Go issue 42494).
inline constexpr uint64_t kLibcSignals = uint64_t{7} << 31;

// AT_MINSIGSTKSZ: what the kernel needs for one signal frame (vector state included). Set once, by the start code.
[[gnu::visibility("hidden")]] extern size_t min_signal_stack;

// How large an alternate stack to give a thread: one frame, and room for a handler that reports.
size_t signal_stack_bytes();

// A handler on the alternate stack, with all signals masked while it runs; system calls restart.
Result<void> set_handler(int signal, SignalHandler handler);
// The default action, as after exec.
Result<void> set_default(int signal);
bool is_default(int signal);

inline constexpr int kSsDisable = 2;

// *before: what the thread had, with kSsDisable among its flags if it had none.
inline Result<void> use_signal_stack(void* base, size_t bytes, SignalStack* before) {
  const SignalStack stack{base, 0, bytes};
  return sigaltstack(&stack, before);
}
inline Result<void> drop_signal_stack() {
  const SignalStack stack{nullptr, kSsDisable, 0};
  return sigaltstack(&stack, nullptr);
}
inline void set_signal_mask(uint64_t mask) {
  constexpr int kSetMask = 2;
  (void)rt_sigprocmask(kSetMask, &mask, nullptr);
}

// What a handler of SIGSEGV or SIGBUS is told (siginfo_t).
struct FaultInfo {
  int signal, error, code, pad;
  void* address;
};

}  // namespace mstart::os
