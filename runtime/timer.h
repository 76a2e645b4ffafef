// SPDX-License-Identifier: MIT
// A timer calls a function at a time. It is part of whatever waits (a sleeping G's stack, a handle's object): nothing is
// allocated for it. timer.cc says how timers are kept and who runs them.
//
// The function is called on g0, by an M with a P, without a lock. It may ready Gs, start Gs and start its own timer again; it
// must be short, must not park, and must not wait for anything that waits for stop(). It may be the last that touches the
// timer: a G that it readies may leave the stack that the timer is on.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/g.h"

namespace mstart::runtime {

struct TimerQueue;

class Timer {
 public:
  using Function = void (*)(Timer* self, int64_t now);
  explicit constexpr Timer(Function function) : function_(function) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Due at `when_ns` by the caller's clock, at once if that is past. True: it was pending, and has been moved. Needs a P. A G's
  // call sees to it that somebody wakes up in time; on g0 the scheduler does, before it runs the next G.
  bool start(int64_t when_ns);
  // Whatever thread. True: it was pending, and its function will not be called for that. After the return its function is not
  // running, and will not be called: if another M just runs it, this waits for it, spinning.
  bool stop();
  bool calls(Function function) const { return function_ == function; }

 private:
  friend struct TimerQueue;
  template <class T>
  friend class TimerHeap;

  const Function function_;
  std::atomic<TimerQueue*> home_{nullptr};  // whose lock guards what follows; changed only under it, while not pending
  int64_t when = 0;
  uint32_t place = 0;  // in the heap; 0: not pending
};

// What a duration from now is as a time. One that overflows is due in 292 years, which is still not never.
int64_t time_after(int64_t duration_ns);

// sleep.cc: parks the current G as park() does, at most until the deadline. False: it has passed first. Then give_up(arg) has
// been called, on g0, without a lock, and has said true: that the G was still waiting and that nobody else will ready it any
// more. Exactly one of the waker and the timer readies the G, and both take the waiter out under one lock, or by one
// exchange, to know who. `unlock` may hold that lock when it starts. Neither unlock nor give_up is called after the return.
bool park_until(bool (*unlock)(G*, void*), bool (*give_up)(void* arg), void* arg, WaitReason reason,
                int64_t deadline_ns);

}  // namespace mstart::runtime
