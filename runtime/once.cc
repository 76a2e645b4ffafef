// SPDX-License-Identifier: MIT
// Once: 0 new, 1 done, 2 running, 3 running and somebody waits. The call that runs the function leaves the word by one CAS, or
// under the bucket's lock while those that wait are still there: with the word done anybody may destroy it.
#include <mstart/sync.h>

#include "runtime/sema.h"

namespace mstart::inline v0::detail {
namespace {

constexpr uint32_t kNew = 0, kDone = 1, kRunning = 2, kWaiting = 3;

// Marks that somebody waits, unless it is done.
bool still_running(void* arg) {
  auto& state = *static_cast<std::atomic<uint32_t>*>(arg);
  uint32_t s = state.load(std::memory_order_acquire);
  while (s == kRunning && !state.compare_exchange_weak(s, kWaiting, std::memory_order_acquire)) {
  }
  return s != kDone;
}

// release: what the function did is seen by whoever finds it done.
void set_done(void* state) { static_cast<std::atomic<uint32_t>*>(state)->store(kDone, std::memory_order_release); }

}  // namespace

bool OnceCall::begin() {
  uint32_t s = kNew;
  if (!state_.compare_exchange_strong(s, kRunning, std::memory_order_acquire, std::memory_order_acquire)) {
    if (s != kDone) runtime::lot_park(&state_, still_running, &state_, runtime::WaitReason::kOnce);
    return false;
  }
  run = [](Ending* self) { static_cast<OnceCall*>(self)->leave(); };
  push_ending(this);
  return true;
}

void OnceCall::end() {
  remove_ending(this);
  leave();
}

void OnceCall::leave() {
  uint32_t s = kRunning;
  if (!state_.compare_exchange_strong(s, kDone, std::memory_order_release, std::memory_order_relaxed))
    runtime::lot_wake_all(&state_, set_done, &state_);
}

}  // namespace mstart::inline v0::detail
