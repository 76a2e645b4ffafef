// SPDX-License-Identifier: MIT
// What makes it safe to wake a G that is just going to wait, looked at in the middle: a parked G has left its stack and is
// marked waiting before `unlock` shows it to anybody; `still` and `before` run under the bucket's lock. In a bubble it may be
// woken before its M has given up its hold.
#include "expect.h"
#include "runtime/sched.h"
#include "runtime/sema.h"

using namespace mstart;
using namespace mstart::runtime;

namespace {

bool unlocks = false, still_ran = false, before_ran = false;

bool unlock(G* g, void* arg) {
  const M* m = getg()->m;
  expect(getg() == &m->g0 && m->curg == nullptr, "the M has left the G");
  expect(g->status == GStatus::kWaiting, "the G is marked waiting");
  expect(g->sched.sp > g->stack.lo && g->sched.sp < g->stack.hi, "its place is kept");
  expect(arg == &unlocks && g->wait_reason == WaitReason::kForEver, "its own argument and reason");
  unlocks = true;
  return false;
}

bool unlock_and_wake(G* g, void*) {
  expect(g->status == GStatus::kDurable, "the G is marked as one that only its bubble wakes");
  ready(g);
  return true;
}

bool holds_a_lock() { return getg()->m->locks == 1; }

}  // namespace

int main() {
  park(unlock, &unlocks, WaitReason::kForEver);
  expect(unlocks && getg()->status == GStatus::kRunning, "unlock has said no: it goes on");

  mstart::Bubble().run([] {
    park(unlock_and_wake, nullptr, WaitReason::kSleep);
    sleep_for(std::chrono::hours(1));
  });

  const bool parked = lot_park(
      &still_ran,
      [](void* arg) {
        expect(holds_a_lock(), "the bucket is locked while the waiter looks");
        *static_cast<bool*>(arg) = true;
        return false;
      },
      &still_ran, WaitReason::kForEver);
  expect(still_ran && !parked && !holds_a_lock(), "there was nothing to wait for");

  lot_wake_all(
      &before_ran,
      [](void* arg) {
        expect(holds_a_lock(), "the bucket is locked while the waker looks");
        *static_cast<bool*>(arg) = true;
      },
      &before_ran);
  expect(before_ran && !holds_a_lock(), "and free afterwards");
}
