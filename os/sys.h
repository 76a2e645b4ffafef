// SPDX-License-Identifier: MIT
// Linux's system calls, typed, one line each; section 2 of the man pages says what they do. Operating errors are a Result.
// There is no errno.
#pragma once

#include <asm/unistd.h>
#include <linux/futex.h>
#include <linux/time_types.h>
#include <mstart/result.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "arch/arch.h"

namespace mstart::os {

// The kernel says -errno for errors, in -4095..-1.
inline bool is_error(long r) { return static_cast<unsigned long>(r) > -4096UL; }
inline Error as_error(const char* call, long r) { return Error{Errno{static_cast<int>(-r)}, call}; }

template <class T>
Result<T> result(const char* call, long r) {
  if (is_error(r)) return as_error(call, r);
  if constexpr (std::is_void_v<T>)
    return {};
  else if constexpr (std::is_pointer_v<T>)
    return reinterpret_cast<T>(r);
  else
    return static_cast<T>(r);
}

template <class T>
long as_long(T v) {
  if constexpr (std::is_pointer_v<T> || std::is_null_pointer_v<T>)
    return reinterpret_cast<long>(v);
  else
    return static_cast<long>(v);
}
template <class T, class... A>
Result<T> call(const char* name, long number, A... args) {
  return result<T>(name, arch::syscall(number, as_long(args)...));
}

// clang-format off
using Timespec = __kernel_timespec;
struct Iovec { const void* base; size_t length; };
struct Limit { uint64_t now, max; };
struct SignalStack { void* base; int flags; size_t size; };
using SignalHandler = void (*)(int signal, void* info, void* context);
struct SignalAction { SignalHandler handler; unsigned long flags; void (*restorer)(); uint64_t mask; };

struct PollFd { int fd; short events, revents; };
inline constexpr short kPollOut = 4;

// Files.
inline Result<size_t> write(int fd, const void* p, size_t n) { return call<size_t>("write", __NR_write, fd, p, n); }
inline Result<size_t> writev(int fd, const Iovec* v, int n) { return call<size_t>("writev", __NR_writev, fd, v, n); }
inline Result<size_t> read(int fd, void* p, size_t n) { return call<size_t>("read", __NR_read, fd, p, n); }
inline Result<int> open(const char* path, int flags, int mode = 0) { return call<int>("open", __NR_openat, -100 /* AT_FDCWD */, path, flags, mode); }
inline Result<int> poll(int fd, short events) { PollFd p{fd, events, 0}; return call<int>("ppoll", __NR_ppoll, &p, 1, nullptr, nullptr, sizeof(uint64_t)); }
inline Result<void> close(int fd) { return call<void>("close", __NR_close, fd); }

// Memory.
inline Result<char*> mmap(void* at, size_t n, int prot, int flags) { return call<char*>("mmap", __NR_mmap, at, n, prot, flags, -1, 0); }
inline Result<void> munmap(void* p, size_t n) { return call<void>("munmap", __NR_munmap, p, n); }
inline Result<void> mprotect(void* p, size_t n, int prot) { return call<void>("mprotect", __NR_mprotect, p, n, prot); }
inline Result<void> madvise(void* p, size_t n, int advice) { return call<void>("madvise", __NR_madvise, p, n, advice); }
inline Result<size_t> process_madvise(int pidfd, const Iovec* v, size_t n, int advice) { return call<size_t>("process_madvise", __NR_process_madvise, pidfd, v, n, advice, 0); }

// Threads and scheduling.
inline Result<long> futex(const void* word, int op, uint32_t value, const Timespec* timeout = nullptr, uint32_t bits = 0) { return call<long>("futex", __NR_futex, word, op, value, timeout, nullptr, bits); }
inline int gettid() { return static_cast<int>(arch::syscall(__NR_gettid)); }
inline int getpid() { return static_cast<int>(arch::syscall(__NR_getpid)); }
inline int getuid() { return static_cast<int>(arch::syscall(__NR_getuid)); }
inline void osyield() { arch::syscall(__NR_sched_yield); }
inline Result<size_t> sched_getaffinity(unsigned long* mask, size_t bytes) { return call<size_t>("sched_getaffinity", __NR_sched_getaffinity, 0, bytes, mask); }
inline Result<void> prctl(int option, unsigned long a) { return call<void>("prctl", __NR_prctl, option, a, 0, 0, 0); }
inline Result<void> getrlimit(int resource, Limit* out) { return call<void>("prlimit64", __NR_prlimit64, 0, resource, nullptr, out); }
inline Result<void> clock_gettime(int clock, Timespec* out) { return call<void>("clock_gettime", __NR_clock_gettime, clock, out); }

// Signals. The kernel's sigset has 8 bytes.
inline Result<void> rt_sigaction(int signal, const SignalAction* action, SignalAction* old) { return call<void>("rt_sigaction", __NR_rt_sigaction, signal, action, old, sizeof(uint64_t)); }
inline Result<void> rt_sigprocmask(int how, const uint64_t* set, uint64_t* old) { return call<void>("rt_sigprocmask", __NR_rt_sigprocmask, how, set, old, sizeof(uint64_t)); }
inline Result<void> sigaltstack(const SignalStack* stack, SignalStack* old) { return call<void>("sigaltstack", __NR_sigaltstack, stack, old); }
inline Result<void> tgkill(int pid, int tid, int signal) { return call<void>("tgkill", __NR_tgkill, pid, tid, signal); }
[[noreturn]] inline void exit_group(int status) { for (;;) arch::syscall(__NR_exit_group, status); }
// clang-format on

}  // namespace mstart::os
