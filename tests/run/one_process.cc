// SPDX-License-Identifier: MIT
// All threads are one process: a working directory, a umask, descriptors and signal handlers that one of them sets are
// everybody's, and so is the process's number.
#include <fcntl.h>

#include "observe.h"
#include "os/signal.h"

using namespace mstart;

namespace {

// fn() on a thread that has been born for it; the caller keeps its own.
template <class F>
void on_new_thread(F&& fn) {
  const int mine = thread_id();
  Scope scope;
  scope.go([&] {
    lock_thread();
    expect(thread_id() != mine, "another thread");
    fn();
  });
  scope.wait();
}

bool is_open(int fd) { return raw_syscall(SYS_fcntl, fd, F_GETFD).ok(); }

std::string_view directory(std::span<char> buffer) {
  const auto n = raw_syscall(SYS_getcwd, buffer.data(), buffer.size());
  expect(n.ok(), "getcwd");
  return {buffer.data(), static_cast<size_t>(*n) - 1};
}

}  // namespace

int main() {
  set_procs(2);
  lock_thread();
  const int process = process_id();
  static char buffer[4096];
  static int fd;
  on_new_thread([&] {
    expect_equal(process_id(), process, "the process's number");
    expect(raw_syscall(SYS_chdir, "/proc").ok(), "chdir");
    (void)raw_syscall(SYS_umask, 0123);
    fd = static_cast<int>(*raw_syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    expect(os::set_handler(10, [](int, void*, void*) {}).ok(), "rt_sigaction");
  });
  expect(directory(buffer) == "/proc", "the working directory is everybody's");
  expect_equal(*raw_syscall(SYS_umask, 0077), 0123, "the umask is everybody's");
  expect(is_open(fd), "a descriptor is everybody's");
  expect(raw_syscall(SYS_kill, process, 10).ok(), "the handler is everybody's");
  expect(raw_syscall(SYS_close, fd).ok(), "close");
  on_new_thread([&] {
    expect(!is_open(fd), "a descriptor that is closed is so for everybody");
    expect_equal(*raw_syscall(SYS_umask, 0077), 0077, "the umask is everybody's");
  });
}
