// SPDX-License-Identifier: MIT
// G: a task with its own stack. Its states say who owns it:
//
//   kDead      on a free list, or in the hands of newproc1 or goexit0: nobody else has its address
//   kRunnable  on exactly one run queue or runnext, or in the hand of one M that is about to run it. Has no stack before its
//              first execute (`stack.lo` null): the M that runs it first gives it the hottest free one
//   kRunning   m's: only the code on its stack, and its M's g0, touch it
//   kWaiting   parked; belongs to whatever it waits on, which will ready() it once. Its stack is left alone until then
//   kDurable   the same, in a bubble, from where alone it will be readied (bubble.cc)
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "arch/arch.h"
#include "include/mstart/go.h"
#include "runtime/sanitizer.h"

namespace mstart::inline v0::detail {
struct BubbleState;
}

namespace mstart::runtime {

struct M;
using Bubble = detail::BubbleState;

enum class GStatus : uint8_t { kDead, kRunnable, kRunning, kWaiting, kDurable };
enum class WaitReason : uint8_t {
  kNone,
  kWaitGroup,
  kJoin,
  kStaticInit,
  kMutex,
  kSharedMutex,
  kSharedMutexShared,
  kCondVar,
  kOnce,
  kSemaphore,
  kForEver,
  kSleep,
  kChanSend,
  kChanRecv,
  kChanSendNil,
  kChanRecvNil,
  kSelect,
  kSelectNoCases,
  kOutside,  // in a bubble, for a channel that is not
  kBubble,
};
const char* name_of(GStatus);
const char* name_of(WaitReason);

// [lo, hi): what can be used; the guard is below lo.
struct Stack {
  char* lo = nullptr;
  char* hi = nullptr;
};

struct G {
  // What a switch touches, on one line.
  arch::Context sched;
  M* m = nullptr;
  std::atomic<GStatus> status{GStatus::kDead};
  bool own_stack = false;   // a stack of another size than the default, taken by newproc1
  uint16_t no_preempt = 0;  // NoPreempt scopes open
  WaitReason wait_reason = WaitReason::kNone;
  G* schedlink = nullptr;  // the list that it is on
  Stack stack;

  // Set by newproc1.
  uint64_t id = 0;
  const detail::ClosureType* type = nullptr;
  void* closure = nullptr;  // where the function object is: inline_closure or the heap
  detail::AtEnd at_end;
  detail::Ending* endings = nullptr;  // its own, while it runs
  const void* created_at = nullptr;   // who called go()
  M* locked_m = nullptr;              // lock_thread
  Bubble* bubble = nullptr;           // g0's: the one for which it works just now
  int64_t wait_since = 0;             // os::nanotime(), only where deadlocks are watched
  int64_t wait_until = 0;             // by its clock; 0: without a limit
  char name[16] = {};
  [[no_unique_address]] Fiber fiber;

  alignas(16) std::byte inline_closure[detail::kInlineClosure] = {};
};

// The thread's current g: its M's g0 or the G that it runs; null on threads that are not ours.
[[gnu::always_inline]] inline G* getg() { return static_cast<G*>(arch::load_g()); }
[[gnu::always_inline]] inline void setg(G* g) { arch::store_g(g); }

}  // namespace mstart::runtime
