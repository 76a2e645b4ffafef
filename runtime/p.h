// SPDX-License-Identifier: MIT
// P: the right to run Gs, and what comes with it.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/g.h"
#include "runtime/runq.h"

namespace mstart::runtime {

// kIdle: on the list of idle Ps, or in the hand of the M that took it off or is about to put it there, or of the M that is
// being started with it (I5). kRunning: p->m's.
enum class PStatus : uint8_t { kIdle, kRunning };

// A deadline that does not come.
inline constexpr int64_t kNever = INT64_MAX;

struct TimerQueue;

// A count with one writer; anybody may read it.
class Counter {
 public:
  void add(uint64_t n = 1) { n_.store(get() + n, std::memory_order_relaxed); }
  uint64_t get() const { return n_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> n_{0};
};

// A LIFO of Gs through schedlink.
struct GList {
  G* first = nullptr;
  uint32_t size = 0;
  void push(G* g) {
    g->schedlink = first;
    first = g;
    ++size;
  }
  G* pop() {
    G* g = first;
    if (g != nullptr) first = g->schedlink, --size;
    return g;
  }
};

struct alignas(64) P {
  RunQueue<G> runq;

  // Anybody; changed under the lock of `timers`.
  std::atomic<int64_t> next_timer{0};  // when its first timer is due, or earlier; 0: it has none

  // Only the M that has it.
  std::atomic<M*> m{nullptr};
  std::atomic<PStatus> status{PStatus::kIdle};
  uint32_t id = 0;
  uint32_t schedtick = 0;  // one more each time slice
  uint32_t inherited = 0;  // Gs in a row that ran in the slice of the one before
  uint64_t next_goid = 0;  // [next_goid, end_goid): ids to give out
  uint64_t end_goid = 0;
  TimerQueue* timers = nullptr;  // timer.cc; others may look when next_timer is not 0
  GList free_gs;                 // dead Gs
  static constexpr uint32_t kStackCache = 32;
  uint32_t free_stacks_count = 0;
  char* free_stacks[kStackCache] = {};  // hottest last
  Counter gs_created, gs_ended, steals, wakes, parks;

  // Under sched.lock.
  P* link = nullptr;  // the list of idle Ps
};

}  // namespace mstart::runtime
