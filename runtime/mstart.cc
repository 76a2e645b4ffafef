// SPDX-License-Identifier: MIT
// An M's first and last moments.
//
//   the clone trampoline, or thread_start's thread -> mstart (arch) -> mstart0, mstart1 -> schedule, which never returns.
//
// mstart1 saves mstart's frame as g0's place to continue at: scheduler code runs below it, afresh each time, and a locked
// G that ends continues there itself (gogo), so mstart goes on to mexit and the thread ends.
#include "arch/probe.h"
#include "os/mem.h"
#include "os/signal.h"
#include "runtime/fault.h"
#include "runtime/sched.h"

namespace mstart::runtime {

constinit M m0;

namespace {

// What the kernel, or libc, may have left of a stack that we did not make: this much is taken for granted.
constexpr size_t kOsStackBytes = size_t{16} * 1024;
constexpr size_t kOsStackReserve = 1024;  // what may be in use above the frame we see

alignas(16) constinit char m0_signal_stack[32 * 1024];

void use_signal_stack(M* m) {
  const size_t bytes = os::signal_stack_bytes();
  if (m == &m0) {
    Result<char*> larger = m0_signal_stack;
    if (bytes > sizeof m0_signal_stack) larger = os::map_pages(bytes);
    check(larger.ok(), "minit: no memory for a signal stack");
    m->signal_stack = *larger;
  }
  os::SignalStack before;
  check(os::use_signal_stack(m->signal_stack, bytes, &before).ok(), "minit: sigaltstack failed");
  if (!iscgo || (before.flags & os::kSsDisable) != 0) return;
  // The thread came with one, a sanitizer's for instance: it stays.
  (void)os::sigaltstack(&before, nullptr);
  m->signal_stack = nullptr;
}

// Records the caller's place, to continue it again and again.
void save(void* pc, void* sp) {
  G* g = getg();
  g->sched.pc = pc;
  g->sched.sp = sp;
  g->sched.fp = nullptr;
}

void asminit() { arch::reset_fp_control(); }

void mstartm0() { install_fault_handlers(); }

// Signals off for good: no handler will run any more, so the alternate stack is out of use. libc's own exit path may let
// signals in again, so its threads drop it.
void unminit(const M* m) {
  os::set_signal_mask(iscgo ? os::kAllSignals & ~os::kLibcSignals : os::kAllSignals);
  if (iscgo && m->signal_stack != nullptr) (void)os::drop_signal_stack();
}

// Under sched.lock: the M is no longer anybody's; unlocks, and ends the thread. Its memory, this stack included, may be
// somebody else's as soon as the kernel has cleared m->thread, which is after this thread's last instruction.
[[noreturn]] void leave(M* m) {
  free_m(m);
  sched.ms_ended.fetch_add(1, std::memory_order_relaxed);
  checkdead();
  sched.lock.unlock();
  leave_a_retrier();
  if (iscgo) {
    setg(nullptr);  // what libc still runs on this thread (destructors of thread_local variables) is no M's
    m->thread.set_gone();
  }
  thread_end();
  __builtin_unreachable();
}

}  // namespace

extern "C" {

// Stack bounds of the stack that we are on, if nobody has set them: m0's, which the kernel made, and libc's.
void mstart_mstart0() {
  G* g = getg();
  if (g->stack.lo == nullptr) {
    // libc may have left the size of its stack in stack.hi.
    auto size = reinterpret_cast<size_t>(g->stack.hi);
    if (size == 0) size = kOsStackBytes;
    g->stack.hi = static_cast<char*>(__builtin_frame_address(0));
    g->stack.lo = g->stack.hi - size + kOsStackReserve;
  }
  birth_mark(g->m, &Birth::mstart);
  MSTART_PROBE1(mstart, g->m);
}

void mstart_mstart1() {
  G* g = getg();
  M* m = g->m;
  check(g == &m->g0, "bad runtime·mstart");
  fiber_adopt(g->fiber);
  save(__builtin_return_address(0), __builtin_dwarf_cfa());
  asminit();
  minit();
  if (m == &m0) mstartm0();
  if (m->mstartfn != nullptr) m->mstartfn();
  if (m != &m0) {
    acquirep(m->nextp);
    m->nextp = nullptr;
    m->newborn = m->fresh = true;
    birth_mark(m, &Birth::acquirep);
    MSTART_PROBE1(acquirep, m);
  }
  birth_mark(m, &Birth::schedule);
  MSTART_PROBE1(schedule, m);
  schedule();
}

// Ends the thread of an M whose locked G has ended. The P goes first, where Go takes the M off allm first: a birth for that P
// may use what is reaped meanwhile.
[[noreturn]] void mstart_mexit() {
  M* m = getg()->m;
  if (m == &m0) {
    // The first thread cannot end without the process looking like a zombie: it sleeps for ever instead.
    handoffp(releasep());
    {
      LockGuard guard(sched.lock);
      ++sched.nmgone;
      m->sleeps_locked = true;
      wake_m0_to_stop();
      checkdead();
    }
    leave_a_retrier();
    notesleep(m->park);
    if (auto* stop = sched.stop.load(std::memory_order_relaxed)) stop();
    throw_error("locked m0 woke up");
  }
  unminit(m);
  handoffp(releasep());
  sched.lock.lock();
  leave(m);
}

}  // extern "C"

// An idle M that leaves: under sched.lock, off the idle list, without a P.
void mexit_idle(M* m) {
  unminit(m);
  leave(m);
}

// What every thread needs once, on itself: an alternate signal stack. The mask is the creator's, which is the right one:
// locked Ms, whose mask may be anything, do not create threads. A thread of libc's begins with everything blocked, and
// without a tid that we know.
void minit() {
  M* m = getg()->m;
  use_signal_stack(m);
  if (iscgo) {
    m->thread.set_tid(os::gettid());
    os::set_signal_mask(m->signal_mask);
  }
  birth_mark(m, &Birth::minit);
  MSTART_PROBE1(minit, m);
}

}  // namespace mstart::runtime
