// SPDX-License-Identifier: MIT
// A copy of the process that does something and ends, watched. Only from a process that has one thread: the copy has no
// other.
#pragma once

#include <fcntl.h>

#include "expect.h"

struct Ending {
  int status;             // the exit status, or 128 and the signal that killed it
  std::string_view text;  // what it wrote to standard output and error
};

// f(), and if that returns exit_process(0), in a child process. After 20 s it is killed.
template <class F>
Ending run_child(std::span<char> buffer, F&& f) {
  using mstart::raw_syscall;
  constexpr long kSigChld = 17, kItimerReal = 0;
  int ends[2];
  expect(raw_syscall(SYS_pipe2, &ends[0], 0).ok(), "pipe2");
  const auto pid = raw_syscall(SYS_clone, kSigChld, 0, 0, 0, 0);
  expect(pid.ok(), "fork");
  if (*pid == 0) {
    const struct {
      long interval_s, interval_us, first_s, first_us;
    } limit{0, 0, 20, 0};
    (void)raw_syscall(SYS_setitimer, kItimerReal, &limit, nullptr);
    for (const int fd : {1, 2}) (void)raw_syscall(SYS_dup3, ends[1], fd, 0);
    for (const int fd : ends) (void)raw_syscall(SYS_close, fd);
    f();
    mstart::exit_process(0);
  }
  (void)raw_syscall(SYS_close, ends[1]);
  size_t size = 0;
  while (size < buffer.size()) {
    const auto n = raw_syscall(SYS_read, ends[0], buffer.data() + size, buffer.size() - size);
    if (!n || *n == 0) break;
    size += static_cast<size_t>(*n);
  }
  (void)raw_syscall(SYS_close, ends[0]);
  int status = 0;
  expect(raw_syscall(SYS_wait4, *pid, &status, 0, nullptr).ok(), "wait4");
  const int signal = status & 0x7f;
  return {signal != 0 ? 128 + signal : (status >> 8) & 0xff, {buffer.data(), size}};
}
