// SPDX-License-Identifier: MIT
// Waits that end at a time: the only users of timers here, so that a program without them carries none.
//
// The timer and the waker both take the waiter out of its queue, under the bucket's lock; who comes first decides. A timer is
// not started under that lock (it may wake an M), so the waiter is queued before it has left its stack, and looks again.
#include "runtime/sync.h"

#include "os/clock.h"
#include "runtime/sched.h"
#include "runtime/timer.h"

namespace mstart::runtime {
namespace {

struct Alarm : Timer {
  explicit Alarm(Waiter* w) : Timer(ring), waiter(w) {}
  static void ring(Timer* timer, int64_t) {
    auto* self = static_cast<Alarm*>(timer);
    Woken woken;
    Lot lot(self->waiter->key);
    self->rang = self->waiter->is_queued();
    if (self->rang) {
      lot.remove(self->waiter);
      woken.add(self->waiter);
    }
    lot.unlock();
    woken.ready();  // after it the alarm may be gone
  }
  Waiter* const waiter;
  bool rang = false;
};

bool park_until(Lot& lot, Waiter* waiter, WaitReason reason, int64_t deadline) {
  if (deadline <= os::nanotime()) {
    lot.remove(waiter);
    lot.unlock();
    return false;
  }
  lot.unlock();
  Alarm alarm(waiter);
  alarm.start(deadline);
  Lot again(waiter->key);
  if (waiter->is_queued())
    again.park(waiter, reason);
  else
    again.unlock();
  alarm.stop();
  return !alarm.rang;
}

Patience until(TimePoint t) { return {park_until, t.time_since_epoch().count()}; }

}  // namespace
}  // namespace mstart::runtime

namespace mstart::inline v0::detail {

using runtime::until;

bool mutex_lock_until(LockWord& word, TimePoint t) {
  return runtime::lock_slow(word, until(t), runtime::WaitReason::kMutex);
}
bool exclusive_lock_until(LockWord& word, TimePoint t) { return runtime::exclusive_lock(word, until(t)); }
bool shared_lock_until(LockWord& word, TimePoint t) { return runtime::shared_lock(word, until(t)); }
bool cond_wait_until(std::atomic<uint32_t>& waiting, void* lock, void (*unlock)(void*), TimePoint t) {
  return runtime::cond_wait(waiting, lock, unlock, until(t));
}
bool semaphore_acquire_until(std::atomic<int64_t>& state, TimePoint t) {
  return runtime::semaphore_acquire(state, until(t));
}

}  // namespace mstart::inline v0::detail
