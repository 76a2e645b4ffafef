// SPDX-License-Identifier: MIT
// How many system calls a program makes before its main: it runs itself once more under ptrace(2), with an argument that
// makes main return at once, and counts. exec and the final exit_group are not counted.
#pragma once

#include <mstart/mstart.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <string_view>

inline constexpr std::string_view kOnlyReachMain = "--only-reach-main";

// Call it before the first go(): it forks.
inline mstart::Result<int> count_calls_before_main() {
  using mstart::raw_syscall;
  const auto child = raw_syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (!child) return child.error();
  if (*child == 0) {
    const char* const argv[] = {"births", kOnlyReachMain.data(), nullptr};
    const char* const envp[] = {nullptr};
    (void)raw_syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
    (void)raw_syscall(SYS_execve, "/proc/self/exe", &argv[0], &envp[0]);
    (void)raw_syscall(SYS_exit_group, 127);  // not exit_process: a copy of the process has nothing to report
  }
  int status = 0, stops = 0;
  (void)raw_syscall(SYS_wait4, *child, &status, 0, nullptr);  // stopped by its exec
  while (!WIFEXITED(status) && !WIFSIGNALED(status)) {
    const auto resumed = raw_syscall(SYS_ptrace, PTRACE_SYSCALL, *child, 0, 0);
    if (!resumed) return resumed.error();
    const auto waited = raw_syscall(SYS_wait4, *child, &status, 0, nullptr);
    if (!waited) return waited.error();
    if (WIFSTOPPED(status)) ++stops;
  }
  if (WIFSIGNALED(status) || WEXITSTATUS(status) == 127)
    return mstart::Error{mstart::Errno::operation_not_permitted, "ptrace"};
  // A stop on the way in and one on the way out of each; the first way out is exec's, the last way in exit_group's.
  return (stops - 2) / 2;
}
