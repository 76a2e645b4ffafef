// SPDX-License-Identifier: MIT
// A stand-in for the library of a process with libc: thread_start makes threads whose stacks and TLS blocks the runtime has
// not made. Each sets its current g itself. Stacks are used again when the kernel says that their threads are gone. Where
// that library is there, it makes the threads that are not refused.
#pragma once

#include "expect.h"
#include "os/auxv.h"
#include "os/clone.h"
#include "os/mem.h"
#include "runtime/sched.h"

class ThreadHook {
 public:
  static constexpr size_t kStackBytes = size_t{128} * 1024;

  // Which request is refused, counted from 0; with which errno.
  static inline bool (*refuse)(int n) = nullptr;
  static inline int error = 11;  // EAGAIN
  // The n-th thread, counted from 1, runs already: what its creator does before it goes on. `ended`: has the thread?
  static inline void (*on_made)(int n, bool (*ended)()) = nullptr;
  static inline const mstart::runtime::M* asking = nullptr;  // whose thread the request is for
  static inline bool tell_size = false;
  static inline std::atomic<int> asked{0}, made{0};

  static void install() {
    real = mstart::runtime::thread_start;
    mstart::runtime::thread_start = start;
    mstart::runtime::iscgo = true;
  }
  // Is [lo, hi) within one of our stacks?
  static bool owns(const char* lo, const char* hi) {
    for (const Thread* t = all; t != nullptr; t = t->next) {
      if (lo >= t->stack && lo < hi && hi <= t->stack + kStackBytes) return true;
    }
    return false;
  }

 private:
  struct Thread {
    mstart::os::ThreadWord word;
    char* stack;
    char* tls;
    mstart::runtime::G* g0;
    void (*fn)();
    Thread* next;
  };
  static inline std::atomic<Thread*> all{nullptr};
  static inline Thread* newest = nullptr;
  static inline mstart::runtime::ThreadStart real = nullptr;

  // Requests come one after the other: no two threads ask at once in these programs, or this lock makes it so.
  static inline std::atomic_flag busy;

  static Thread* new_thread() {
    for (Thread* t = all; t != nullptr; t = t->next) {
      if (t->word.gone()) return t;
    }
    auto* t = new Thread{};
    t->stack = mstart::os::map_stacks(kStackBytes).value();
    t->tls = mstart::os::map_pages(size_t{64} * 1024).value();
    t->next = all;
    all = t;
    return t;
  }

  static void start(mstart::runtime::ThreadStartRequest* request) {
    namespace arch = mstart::arch;
    namespace os = mstart::os;
    while (busy.test_and_set(std::memory_order_acquire)) (void)mstart::raw_syscall(SYS_sched_yield);
    asking = request->g0->m;
    if (refuse != nullptr && refuse(asked++)) {
      request->error = error;
    } else if (real != nullptr) {
      real(request);
      if (request->error == 0) ++made;
    } else {
      Thread* t = new_thread();
      t->g0 = request->g0;
      t->fn = request->fn;
      if (tell_size) t->g0->stack.hi = reinterpret_cast<char*>(kStackBytes);  // as the document's does
      const arch::TlsImage& image = os::process_start.tls;
      char* const tp = os::align_up(t->tls, arch::tls_block_align(image)) + arch::tls_before_tp(image);
      if (image.file_size != 0) __builtin_memcpy(arch::tls_image_at(tp, image), image.data, image.file_size);
      arch::tls_init_tcb(tp, os::process_start.canary);
      const auto r = os::newosproc({t->stack + kStackBytes, tp, run, t, nullptr}, t->word);
      if (!r) {
        request->error = static_cast<int>(r.error().code);
      } else {
        newest = t;
        ++made;
        if (on_made != nullptr) on_made(made, [] { return newest->word.gone(); });
      }
    }
    busy.clear(std::memory_order_release);
  }

  static void run(void* thread) {
    const auto* t = static_cast<const Thread*>(thread);
    mstart::arch::store_g(t->g0);
    t->fn();
  }
};
