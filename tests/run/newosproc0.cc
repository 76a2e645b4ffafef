// SPDX-License-Identifier: MIT
// newosproc makes a thread for anybody: it needs a stack and a thread pointer, no g and no m (Go's TestNewOSProc0). The
// kernel's word says when it has gone.
// freestanding-only: its thread has the TLS block of a program without libc
#include "expect.h"
#include "os/clone.h"
#include "os/mem.h"

using namespace mstart;

namespace {

std::atomic<int> value{0};
std::atomic<int> tid{0};

}  // namespace

int main() {
  constexpr size_t kBytes = size_t{64} * 1024;
  char* const stack = os::map_stacks(kBytes).value();
  constinit static os::ThreadWord word;
  expect(word.gone(), "no thread yet");
  const auto born = os::newosproc({.stack_top = stack + kBytes,
                                   .tls = stack + 1024,  // which it never uses
                                   .fn =
                                       [](void* arg) {
                                         tid = os::gettid();
                                         static_cast<std::atomic<int>*>(arg)->store(42);
                                         arch::exit_thread();
                                       },
                                   .arg = &value,
                                   .stamp = nullptr},
                                  word);
  expect(born.ok(), "newosproc");
  while (!word.gone()) (void)raw_syscall(SYS_sched_yield);
  expect_equal(value, 42, "what the thread has done");
  expect_equal(tid, *born, "its tid");
  expect(os::munmap(stack, kBytes).ok(), "its stack is free");

  // The first instruction leaves a stamp.
  char* const other = os::map_stacks(kBytes).value();
  uint64_t stamp = 0;
  const uint64_t before = arch::cycles();
  expect(os::newosproc({other + kBytes, other + 1024, [](void*) { arch::exit_thread(); }, nullptr, &stamp}, word).ok(),
         "newosproc");
  while (!word.gone()) (void)raw_syscall(SYS_sched_yield);
  expect(stamp >= before && stamp <= arch::cycles(), "the stamp is of the time between");
}
