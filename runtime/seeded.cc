// SPDX-License-Identifier: MIT
// The clock that stands still, and the choice by scores; MSTART_DEBUG=seed's is any of the first of the queue.
#include "runtime/seeded.h"

#include <mstart/detail/point.h>

#include "os/clock.h"
#include "os/sys.h"
#include "runtime/config.h"
#include "runtime/sched.h"

namespace mstart::runtime {

constinit std::atomic<int64_t> virtual_time{0};

namespace {

// Both clocks. Only the M with the P, and foreign threads, look at them.
long read_virtual(int, os::Timespec* out) {
  constexpr int64_t kSecond = 1'000'000'000, kLook = 1000;
  int64_t now = virtual_time.load(std::memory_order_relaxed);
  if (now < kNever - kLook) now += kLook;
  virtual_time.store(now, std::memory_order_relaxed);
  out->tv_sec = now / kSecond;
  out->tv_nsec = now % kSecond;
  return 0;
}

constinit Random program_random{0};
constinit int looked_at = 0;

// The one that waits longest may still wait for long, but one of many thousands is not looked for among all.
int64_t any_of_the_first(const G*) {
  constexpr int kFirst = 256;
  return looked_at++ < kFirst ? static_cast<int64_t>(program_random.next() >> 1) : INT64_MIN;
}

}  // namespace

void use_virtual_time() {
  virtual_time.store(kVirtualStart, std::memory_order_relaxed);
  os::set_clock(read_virtual);
}

void skip_to(int64_t when) {
  if (when > virtual_time.load(std::memory_order_relaxed)) virtual_time.store(when, std::memory_order_relaxed);
}

G* choose(M* m, Random& random, int64_t (*score)(const G*)) {
  P* p = m->p;
  for (;;) {
    if (p->next_timer.load(std::memory_order_relaxed) != 0) run_timers(p);
    G* g;
    {
      LockGuard guard(sched.lock);
      give_gs_to_all(p);
      g = sched.runq.take_best(score);
    }
    if (g != nullptr) {
      // select's orders, whichever M this is. A locked G's M has had its number here, when it was not locked yet.
      m->random = static_cast<uint32_t>(random.next());
      return g;
    }
    const int64_t due = p->next_timer.load(std::memory_order_relaxed);
    if (due == 0) return nullptr;
    skip_to(due);
  }
}

G* able_to_give_way() {
  G* g = getg();
  if (g == nullptr || g == &g->m->g0 || g->m->p == nullptr || g->m->locks != 0 || g->no_preempt != 0) return nullptr;
  return g;
}

void give_way_to_any() {
  park(
      [](G* g, void*) {
        g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
        runqput(g->m->p, g, false);
        return true;
      },
      nullptr, WaitReason::kNone);
}

void start_seeded() {
  config.procs = 1;
  config.idle_ms = 0;  // when a thread leaves is the machine's time
  program_random = Random(static_cast<uint64_t>(config.seed));
  use_virtual_time();
  sched.instead.store(
      [](M* m) {
        looked_at = 0;
        return choose(m, program_random, any_of_the_first);
      },
      std::memory_order_relaxed);
  detail::point_hook.store(
      [] {
        constexpr uint32_t kOneIn = 4;
        if (able_to_give_way() != nullptr && program_random.below(kOneIn) == 0) give_way_to_any();
      },
      std::memory_order_relaxed);
}

}  // namespace mstart::runtime
