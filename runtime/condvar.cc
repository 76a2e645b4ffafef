// SPDX-License-Identifier: MIT
// CondVar. A waiter queues first, then opens the user's lock, then parks, unless it has been taken out of the queue meanwhile:
// so a notify that comes after the lock was opened finds it, and each notify is for one that had been waiting before. Go's
// notifyList has tickets for that; a queued node is enough, and one that times out takes itself out and no ticket is lost.
//
// The word says whether the queue is not empty, so that a notify without waiters is one load. It changes under the bucket's
// lock, while a waiter is there that cannot go on without that lock.
#include "runtime/sync.h"

namespace mstart::runtime {
bool cond_wait(std::atomic<uint32_t>& waiting, void* lock, void (*unlock)(void*), const Patience& patience) {
  Waiter self(&waiting);
  Lot before(&waiting);
  waiting.store(1, std::memory_order_relaxed);
  before.push_back(&self);
  before.unlock();
  unlock(lock);
  Lot lot(&waiting);
  if (!self.is_queued()) {
    lot.unlock();
    return true;
  }
  if (patience.park(lot, &self, WaitReason::kCondVar, patience.deadline)) return true;
  Lot after(&waiting);
  if (after.first(&waiting) == nullptr) waiting.store(0, std::memory_order_relaxed);
  after.unlock();
  return false;
}

namespace {

void notify(std::atomic<uint32_t>& waiting, bool all) {
  Woken woken;
  Lot lot(&waiting);
  Waiter* waiter;
  do {
    waiter = lot.take(&waiting);
    if (waiter == nullptr) break;
    woken.add(waiter);
    if (lot.first(&waiting) == nullptr) waiting.store(0, std::memory_order_relaxed);
  } while (all);
  lot.unlock();
  woken.ready();
}

}  // namespace
}  // namespace mstart::runtime

namespace mstart::inline v0::detail {

void cond_wait(std::atomic<uint32_t>& waiting, void* lock, void (*unlock)(void*)) {
  runtime::cond_wait(waiting, lock, unlock, runtime::kForEver);
}
void cond_notify_one(std::atomic<uint32_t>& waiting) { runtime::notify(waiting, false); }
void cond_notify_all(std::atomic<uint32_t>& waiting) { runtime::notify(waiting, true); }

}  // namespace mstart::inline v0::detail
