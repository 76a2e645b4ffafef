// SPDX-License-Identifier: MIT
// Waits that end at a time: the only users of timers here, so that a program without them carries none.
//
// The timer and the waker both take the waiter out of its queue, under the bucket's lock; who comes first decides.
#include "runtime/m.h"
#include "runtime/sync.h"
#include "runtime/timer.h"

namespace mstart::runtime {
namespace {

struct TimedWaiter {
  Lot lot;
  Waiter* waiter;
};

// On g0. A copy: the G's stack may be left as soon as the bucket is unlocked.
bool unlock(G*, void* arg) {
  Lot lot = static_cast<TimedWaiter*>(arg)->lot;
  lot.unlock();
  return true;
}

bool give_up(void* arg) {
  Waiter* waiter = static_cast<TimedWaiter*>(arg)->waiter;
  Lot lot(waiter->key);
  const bool queued = waiter->is_queued();
  if (queued) lot.remove(waiter);
  lot.unlock();
  return queued;
}

bool park_in_lot(Lot& lot, Waiter* waiter, WaitReason reason, int64_t deadline) {
  if (deadline <= mstart::detail::monotonic_ns()) {
    lot.remove(waiter);
    lot.unlock();
    return false;
  }
  waiter->g = user_g();
  TimedWaiter timed{lot, waiter};
  return park_until(unlock, give_up, &timed, reason, deadline);
}

Patience until(TimePoint t) { return {park_in_lot, t.time_since_epoch().count()}; }

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
