// SPDX-License-Identifier: MIT
// Semaphore: bit 0: somebody may wait; above it the permits. A permit goes to who waits first, so that a G that gives one back
// and takes it again cannot overtake the others. So while somebody waits there are no permits, and release() works under the
// bucket's lock; its last access to the word is the one that adds the permits that nobody has waited for.
#include "runtime/check.h"
#include "runtime/sync.h"

namespace mstart::runtime {
namespace {

constexpr int64_t kWaiting = 1, kOne = 2;

}  // namespace

bool semaphore_acquire(std::atomic<int64_t>& state, const Patience& patience) {
  Waiter self(&state);
  Lot lot(&state);
  int64_t s = state.load(std::memory_order_relaxed);
  // acquire: pairs with the release in release().
  while (!state.compare_exchange_weak(s, s >= kOne ? s - kOne : s | kWaiting, std::memory_order_acquire,
                                      std::memory_order_relaxed)) {
  }
  if (s >= kOne) {
    lot.unlock();
    return true;
  }
  lot.push_back(&self);
  return patience.park(lot, &self, WaitReason::kSemaphore, patience.deadline);
}

}  // namespace mstart::runtime

namespace mstart::inline v0::detail {

void semaphore_acquire(std::atomic<int64_t>& state) { runtime::semaphore_acquire(state, runtime::kForEver); }

void semaphore_release(std::atomic<int64_t>& state, int64_t n) {
  using runtime::kOne;
  runtime::check(n >= 0, "Semaphore: release of a negative number");
  if (n > Semaphore::max()) semaphore_out_of_range();
  runtime::Woken woken;
  runtime::Lot lot(&state);
  for (; n > 0; --n) {
    runtime::Waiter* waiter = lot.take(&state);
    if (waiter == nullptr) break;
    woken.add(waiter);
  }
  const int64_t waiting = lot.first(&state) != nullptr ? runtime::kWaiting : 0;
  int64_t s = state.load(std::memory_order_relaxed);
  if (n > Semaphore::max() - s / kOne) semaphore_out_of_range();
  while (!state.compare_exchange_weak(s, ((s & ~runtime::kWaiting) | waiting) + n * kOne, std::memory_order_release,
                                      std::memory_order_relaxed)) {
  }
  lot.unlock();
  woken.ready();
}

void semaphore_out_of_range() { runtime::throw_error("Semaphore: number of permits out of range"); }

}  // namespace mstart::inline v0::detail
