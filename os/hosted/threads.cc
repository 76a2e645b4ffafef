// SPDX-License-Identifier: MIT
// pthread_create in the place of clone (the document's _cgo_thread_start). The kernel's side of an M's life, its stack, its TLS
// and its thread's number, is libc's here.
//
// Birth. All signals are blocked around pthread_create, as in Go's _cgo_sys_thread_start: a child inherits its creator's
// mask, and until it has its g and its alternate stack no handler shall run on it. minit lets in what m0's thread let in.
// libc's own signals stay open (pthread_sigmask sees to that). The thread is detached: nobody joins it. A refusal is the
// caller's to deal with (I8).
//
// Stack. g0 runs on what libc made. The thread tells mstart, in stack.hi as the document's does, how much there is below it;
// the attributes would say how much there was, before libc put its own things there.
//
// Death (I4). When the M has ended its flag is set, and the M is not touched again. The thread is still on its stack, and
// cannot end by exit(2): it is libc's. pthread_exit would unwind the stack, through frames that have no tables, and needs
// libgcc_s even in a static program. So it goes back to where it began, run_thread, and returns from there.
#include "os/hosted/threads.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include <new>

#include "arch/arch.h"
#include "runtime/sched.h"

namespace mstart::os {
namespace {

using runtime::ThreadStartRequest;

// Where enter_stack() continues; the thread's own, whatever M it is.
thread_local arch::Context entered_at;

struct NewThread {
  runtime::G* g0;
  void (*fn)();
};

void* run_thread(void* arg) {
  auto* start = static_cast<NewThread*>(arg);
  runtime::G* g0 = start->g0;
  void (*fn)() = start->fn;
  delete start;
  runtime::setg(g0);
  runtime::birth_mark(g0->m, &runtime::Birth::first_instruction);  // the first that is ours
  enter_stack(g0, fn);
  return nullptr;
}

void start_thread(ThreadStartRequest* request) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_attr_t detached;
  request->error = pthread_attr_init(&detached);
  if (request->error != 0) return;
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  auto* start = new (std::nothrow) NewThread{request->g0, request->fn};
  if (start == nullptr) {
    pthread_attr_destroy(&detached);
    request->error = ENOMEM;
    return;
  }
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  request->error = pthread_create(&thread, &detached, run_thread, start);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&detached);
  if (request->error != 0) delete start;
}

// How much stack the calling thread has below `here`; 0: libc cannot tell.
size_t stack_below(const char* here) {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  void* lowest = nullptr;
  size_t bytes = 0;
  const bool known = pthread_attr_getstack(&attributes, &lowest, &bytes) == 0;
  pthread_attr_destroy(&attributes);
  return known ? static_cast<size_t>(here - static_cast<char*>(lowest)) : 0;
}

}  // namespace

void use_libc_threads() {
  runtime::thread_start = start_thread;
  runtime::thread_end = leave_stack;
  runtime::iscgo = true;
}

void enter_stack(runtime::G* g0, void (*fn)()) {
  // mcall puts the registers away on this stack, below everything that is here, and fn begins below that.
  constexpr size_t kRegisters = 512;
  char* top = static_cast<char*>(__builtin_alloca(kRegisters)) - kRegisters;
  g0->stack.hi = reinterpret_cast<char*>(stack_below(top));
  arch::mcall(&entered_at, top, [](void* f) { reinterpret_cast<void (*)()>(f)(); }, reinterpret_cast<void*>(fn));
}

void leave_stack() { arch::gogo(&entered_at); }

}  // namespace mstart::os
