// SPDX-License-Identifier: MIT
// WaitGroup and Task: one word each, and the parking lot (sema.h).
#include <mstart/go.h>
#include <mstart/sync.h>

#include "runtime/check.h"
#include "runtime/heap.h"
#include "runtime/m.h"
#include "runtime/sema.h"

namespace mstart::inline v0 {

using runtime::WaitReason;

// WaitGroup: bit 0: somebody waits; above it the count. The add() that brings the count to 0 and sees that nobody waits
// does not touch the group again. If somebody waits, the group is there at least until that G has been readied: bit 0 is
// cleared before.
namespace {

constexpr uint64_t kWaiting = 1, kOne = 2;

int64_t count_of(uint64_t state) { return static_cast<int64_t>(state) >> 1; }

// Marks the group as waited for, unless the count is 0.
bool still_counting(void* arg) {
  auto& state = *static_cast<std::atomic<uint64_t>*>(arg);
  uint64_t s = state.load(std::memory_order_acquire);
  while (count_of(s) != 0) {
    if (state.compare_exchange_weak(s, s | kWaiting, std::memory_order_acquire)) return true;
  }
  return false;
}

void clear_waiting(void* arg) {
  static_cast<std::atomic<uint64_t>*>(arg)->fetch_and(~kWaiting, std::memory_order_relaxed);
}

}  // namespace

void WaitGroup::add(int n) {
  const uint64_t old =
      state_.fetch_add(static_cast<uint64_t>(static_cast<int64_t>(n)) * kOne, std::memory_order_acq_rel);
  const int64_t count = count_of(old) + n;
  runtime::check(count >= 0, "sync: negative WaitGroup counter");
  runtime::check((old & kWaiting) == 0 || count_of(old) != 0 || n <= 0,
                 "sync: WaitGroup misuse: Add called concurrently with Wait");
  if (count == 0 && (old & kWaiting) != 0) runtime::lot_wake_all(this, clear_waiting, &state_);
}

void WaitGroup::wait() {
  detail::point();
  if (count_of(state_.load(std::memory_order_acquire)) == 0) return;  // on any thread: the end of a global Scope
  runtime::user_g();
  runtime::lot_park(this, still_counting, &state_, WaitReason::kWaitGroup);
}

namespace detail {
namespace {

constexpr uint32_t kDone = 1, kJoining = 2;

bool still_running(void* state) {
  return (static_cast<TaskState*>(state)->word.fetch_or(kJoining, std::memory_order_acquire) & kDone) == 0;
}

}  // namespace

void task_ended(void* arg) {
  auto* state = static_cast<TaskState*>(arg);
  if ((state->word.fetch_or(kDone, std::memory_order_acq_rel) & kJoining) != 0) runtime::lot_wake_all(state);
  task_drop(state);
}

void task_wait(TaskState* state) {
  if (!task_done(state)) runtime::lot_park(state, still_running, state, WaitReason::kJoin);
}

bool task_done(const TaskState* state) { return (state->word.load(std::memory_order_acquire) & kDone) != 0; }

void task_drop(TaskState* state) {
  if (state->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) state->free(state);
}

void task_misuse(const char* what) { runtime::throw_error(what); }

}  // namespace detail
}  // namespace mstart::inline v0
