// SPDX-License-Identifier: MIT
// Parks that end by themselves: a timer on the stack of the G that waits. sleep_for is the one that nobody else ends.
#include <mstart/select.h>
#include <mstart/time.h>

#include "runtime/sched.h"
#include "runtime/timer.h"

namespace mstart::runtime {
namespace {

struct TimedPark : Timer {
  TimedPark(G* waiting, bool (*unlock_)(G*, void*), bool (*give_up_)(void*), void* arg_)
      : Timer(is_due), g(waiting), unlock(unlock_), give_up(give_up_), arg(arg_) {}

  static void is_due(Timer* self, int64_t) {
    auto* p = static_cast<TimedPark*>(self);
    if (!p->give_up(p->arg)) return;
    p->timed_out = true;
    ready(p->g);  // it may leave this stack
  }
  // After the switch. The timer first: once unlocked, the G may be woken, and gone. If it is due at once it is run by another
  // M, or by this one later; then the G, and this object on its stack, may be gone too before `unlock` has begun.
  static bool start_and_unlock(G* parked, void* self) {
    auto* p = static_cast<TimedPark*>(self);
    bool (*const unlock_then)(G*, void*) = p->unlock;
    void* const arg_then = p->arg;
    p->start(parked->wait_until);
    return unlock_then(parked, arg_then);
  }

  G* const g;
  bool (*const unlock)(G*, void*);
  bool (*const give_up)(void*);
  void* const arg;
  bool timed_out = false;
};

}  // namespace

bool park_until(bool (*unlock)(G*, void*), bool (*give_up)(void*), void* arg, WaitReason reason, int64_t deadline_ns) {
  G* g = user_g();
  if (deadline_ns == kNever) {
    park(unlock, arg, reason);
    return true;
  }
  TimedPark timed(g, unlock, give_up, arg);
  g->wait_until = deadline_ns;
  park(TimedPark::start_and_unlock, &timed, reason);
  g->wait_until = 0;
  if (timed.timed_out) return false;
  timed.stop();
  return true;
}

}  // namespace mstart::runtime

namespace mstart::inline v0 {

void sleep_until(TimePoint t) {
  runtime::user_g();
  const int64_t when = t.time_since_epoch().count();
  if (when <= mstart::detail::monotonic_ns()) return;
  runtime::park_until([](runtime::G*, void*) { return true; }, [](void*) { return true; }, nullptr,
                      runtime::WaitReason::kSleep, when);
}

void sleep_for(Duration d) {
  runtime::user_g();
  if (d > Duration::zero()) sleep_until(detail::deadline_in(d));
}

Case timeout(TimePoint deadline) { return detail::SelectAccess::make(deadline); }

namespace detail {
long monotonic_ns_in(long duration_ns) { return runtime::time_after(duration_ns); }
}  // namespace detail

}  // namespace mstart::inline v0
