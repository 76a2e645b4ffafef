// SPDX-License-Identifier: MIT
// newosproc: a kernel thread by clone(2), and nothing of libc.
#pragma once

#include <atomic>
#include <cstdint>

#include "os/sys.h"

namespace mstart::os {

// The kernel's own word on whether a thread is still there: PARENT_SETTID stores the tid before the child can run,
// CHILD_CLEARTID stores 0 when the thread has left its stack for good (mm_release in the kernel's exit). -1: being born.
// It must be in memory that is never unmapped: nothing in user space can know better when a stack is free.
class ThreadWord {
 public:
  static constexpr int kBeingBorn = -1;
  void prepare() { tid_.store(kBeingBorn, std::memory_order_relaxed); }
  // For a thread that the kernel does not clear it for. release, as the kernel's store is: what the thread did before is seen.
  void set_gone() { tid_.store(0, std::memory_order_release); }  // [tid:A]
  // For a thread that was made otherwise, on itself.
  void set_tid(int tid) { tid_.store(tid, std::memory_order_relaxed); }
  int tid() const { return tid_.load(std::memory_order_relaxed); }
  // acquire: what the thread did last happens before the reuse of its memory.
  bool gone() const { return tid_.load(std::memory_order_acquire) == 0; }  // [tid:B]
  int* address() { return reinterpret_cast<int*>(&tid_); }

 private:
  std::atomic<int> tid_{0};
};
static_assert(sizeof(ThreadWord) == sizeof(int));

struct ThreadStart {
  void* stack_top;    // 16-byte aligned; the thread's stack grows down from here
  void* tls;          // the thread pointer: TLS image, canary and g are in place
  void (*fn)(void*);  // runs on the new thread and never returns
  void* arg;
  uint64_t* stamp;  // the child's first instruction stores arch::cycles() here; may be null
};

// Starts a thread; returns its tid. Two system calls make a birth: this one and the child's sigaltstack. There is no mask
// call around it: the creator's mask is already the one that the child shall have, and the child can take a signal from its
// first instruction on. Errors (EAGAIN, ENOMEM, EPERM, ENOSYS, EINVAL): nothing has happened. See clone(2).
inline Result<int> newosproc(const ThreadStart& start, ThreadWord& word) {
  constexpr unsigned long kFlags = 0x00000100     // CLONE_VM: one address space
                                   | 0x00000200   // CLONE_FS: one root, working directory, umask
                                   | 0x00000400   // CLONE_FILES: one descriptor table
                                   | 0x00000800   // CLONE_SIGHAND: one table of handlers; THREAD demands it
                                   | 0x00010000   // CLONE_THREAD: one process
                                   | 0x00040000   // CLONE_SYSVSEM: qemu-user knows only pthread_create's full set
                                   | 0x00080000   // CLONE_SETTLS: the child's first instruction has its g
                                   | 0x00100000   // CLONE_PARENT_SETTID: the tid without a call of the child's
                                   | 0x00200000;  // CLONE_CHILD_CLEARTID: when the stack may be reused
  word.prepare();
  const long r =
      arch::clone_thread(kFlags, start.stack_top, word.address(), start.tls, start.fn, start.arg, start.stamp);
  if (is_error(r)) word.set_gone();
  return result<int>("clone", r);
}

}  // namespace mstart::os
