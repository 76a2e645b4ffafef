// SPDX-License-Identifier: MIT
// main returns 0 while another thread reports a failure: that goes on, and the status is the failure's.
// status: 2
// stderr: fatal error: boom
// stderr: goroutine 1 [
#include "expect.h"

using namespace mstart;

namespace {

constexpr int kStderr = 2, kGs = 300;

int ends[2];  // of a pipe that takes less than the report

long read_some(char* buffer, size_t bytes) { return *raw_syscall(SYS_read, ends[0], buffer, bytes); }

}  // namespace

int main() {
  set_procs(3);
  Chan<int> nothing;
  for (int i = 0; i < kGs; ++i) go([=] { (void)nothing.recv(); });
  wait_until([] { return stats().parks >= kGs; });
  const int real = static_cast<int>(*raw_syscall(SYS_dup, kStderr));
  expect(raw_syscall(SYS_pipe2, ends, 0).ok(), "pipe2");
  constexpr long kSetPipeSize = 1031;
  (void)raw_syscall(SYS_fcntl, ends[1], kSetPipeSize, 4096);
  (void)raw_syscall(SYS_dup3, ends[1], kStderr, 0);
  static std::atomic<bool> begun{false};
  go([=] {  // the reader: says so when the report has begun, and then passes it on
    char buffer[4096];
    for (long n; (n = read_some(buffer, sizeof buffer)) > 0;) {
      (void)raw_syscall(SYS_write, real, buffer, static_cast<size_t>(n));
      begun = true;
    }
  });
  go([] { fatal("boom"); });
  while (!begun) (void)raw_syscall(SYS_sched_yield);
}
