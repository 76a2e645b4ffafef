// SPDX-License-Identifier: MIT
// Handlers are installed with our own restorer: the kernel has none for x86-64.
#include "os/signal.h"

#include "os/mem.h"

namespace mstart::os {

constinit size_t min_signal_stack = 2048;

size_t signal_stack_bytes() { return align_up(min_signal_stack + size_t{12} * 1024, page_size); }

Result<void> set_handler(int signal, SignalHandler handler) {
  constexpr unsigned long kSigInfo = 4, kRestorer = 0x04000000, kOnStack = 0x08000000, kRestart = 0x10000000;
  const SignalAction action{handler, kSigInfo | kRestorer | kOnStack | kRestart, arch::sigreturn, kAllSignals};
  return rt_sigaction(signal, &action, nullptr);
}

Result<void> set_default(int signal) {
  const SignalAction action{};
  return rt_sigaction(signal, &action, nullptr);
}

bool is_default(int signal) {
  SignalAction action{};
  return rt_sigaction(signal, nullptr, &action).ok() && action.handler == nullptr;
}

}  // namespace mstart::os
