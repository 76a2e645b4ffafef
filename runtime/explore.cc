// SPDX-License-Identifier: MIT
// explore(): one schedule of a function's Gs after the other, each decided by its seed.
//
// The G that called explore() starts a run's first G and yields. From then on sched.instead chooses among the run's Gs: those
// with ids from that first one's on, for nobody else runs who could start one. Gs from outside stay where they are, in the
// global queue. The explorer has the lowest priority of all, so when its yield returns nobody else could run: the run is
// over, or its clock has to jump, or its Gs wait for ever; or the run has failed, for then no G of it is chosen any more.
//
// Priorities. A G's first one is a number that follows from the run's seed and its place among the run's Gs: nothing is kept.
// The G with the highest runs until it parks, or until a point at which another one has a higher. With a chance of preemptions
// / horizon at a point it is lowered, below all first ones. The horizon, a power of two that the run's steps fit in, is in the
// last bits of the seed, so that a seed says all; it is taken from the run before. A G that yields, or passes many points in a
// row, waits for somebody perhaps: it is lowered below all that there are.
//
// A run that has failed is given up: its Gs are taken off the queue and never run again, and its timers are in a queue that
// nobody looks at any more. Their stacks, and what is on them, stay.
#include <mstart/detail/point.h>
#include <mstart/go.h>
#include <mstart/test.h>

#include "os/clock.h"
#include "runtime/config.h"
#include "runtime/dump.h"
#include "runtime/report.h"
#include "runtime/sched.h"
#include "runtime/seeded.h"

namespace mstart::runtime {
namespace {

constexpr uint64_t kHorizonBits = 15, kSeeds = (uint64_t{1} << 48) - 1;  // MSTART_DEBUG takes them
constexpr uint32_t kLeastHorizon = 16;
constexpr uint32_t kMostSteps = 1 << 20, kMostInARow = 256;
constexpr uint32_t kLowered = 256;  // Gs whose places are 256 apart are lowered together
constexpr size_t kStackBytes = size_t{1} << 20;

struct Run {
  Run(uint64_t its_seed, int most_preemptions, bool explains)
      : seed(its_seed),
        preemptions(most_preemptions > 0 ? static_cast<uint32_t>(most_preemptions) : 0),
        left(preemptions),
        random(its_seed),
        verbose(explains) {}

  bool has(const G* g) const { return g->id >= first_id; }
  uint32_t horizon() const { return kLeastHorizon << (seed & kHorizonBits); }

  int64_t priority(const G* g) const {
    const uint64_t place = g->id - first_id;
    const int64_t below = lowered[place % kLowered];
    return below != 0 ? -below : static_cast<int64_t>(Random(seed ^ (place << 48)).next() >> 2);
  }
  void lower(const G* g, int64_t below) { lowered[(g->id - first_id) % kLowered] = below; }
  void lower_below_all(const G* g) { lower(g, lowest++); }
  void fail(std::string_view why) {
    if (failed) return;
    failed = true;
    const size_t n = why.size() < sizeof text - 1 ? why.size() : sizeof text - 1;
    __builtin_memcpy(text, why.data(), n);
  }

  const uint64_t seed;
  const uint32_t preemptions;
  uint32_t left;  // preemptions
  Random random;
  const bool verbose;
  uint64_t first_id = 0;
  uint32_t steps = 0, in_a_row = 0;
  const G* last = nullptr;  // chosen
  bool at_point = false;    // it gives way at a point: no yield
  int64_t lowered[kLowered] = {};
  int64_t lowest = int64_t{1} << 33;
  bool failed = false;
  char text[128] = {};
};

constinit Run* run = nullptr;  // the one that is under way
constinit G* explorer = nullptr;

int64_t score(const G* g) {
  if (g == explorer) return INT64_MIN + 1;
  return run->has(g) && !run->failed ? run->priority(g) : INT64_MIN;
}

// sched.instead. It finds somebody always: the explorer waits in the queue.
G* choose_by_priority(M* m) {
  Run& r = *run;
  const bool yielded =
      r.last != nullptr && !r.at_point && r.last->status.load(std::memory_order_relaxed) == GStatus::kRunnable;
  if (r.last != explorer && (yielded || r.in_a_row > kMostInARow)) r.lower_below_all(r.last);
  G* g = choose(m, r.random, score);
  r.in_a_row = g == r.last && r.at_point ? r.in_a_row + 1 : 0;
  r.at_point = false;
  r.last = g;
  if (++r.steps > kMostSteps) r.fail("its goroutines do not come to an end");
  return g;
}

// point_hook.
void pass_point() {
  G* g = able_to_give_way();
  if (g == nullptr || g == explorer) return;
  Run& r = *run;
  if (r.left != 0 && r.random.below(r.horizon()) < r.preemptions) {
    --r.left;
    r.lower(g, static_cast<int64_t>(1 + (r.random.next() >> 32)));
    if (r.verbose) {
      report(2, "explore: a goroutine gives way:\n", {});
      dump_g(2, g);
    }
  }
  r.at_point = true;
  give_way_to_any();
}

uint64_t live(const P* p) { return p->gs_created.get() - p->gs_ended.get(); }

void use_new_timers(P* p) {
  p->timers = nullptr;
  p->next_timer.store(0, std::memory_order_relaxed);
}

// They wait for ever, and so does whoever waits for them.
void give_up_gs(P* p) {
  LockGuard guard(sched.lock);
  give_gs_to_all(p);
  while (G* g = sched.runq.take_best([](const G* each) { return run->has(each) ? 0 : INT64_MIN; })) {
    g->wait_reason = WaitReason::kForEver;
    g->status.store(GStatus::kWaiting, std::memory_order_relaxed);
  }
}

void dump_gs() {
  for_each_g(
      [](G* g, void*) {
        if (run->has(g) && g->status.load(std::memory_order_relaxed) != GStatus::kDead) dump_g(2, g);
      },
      nullptr);
}

// The explorer's: from the run's first G to its end.
void play(Run& r, bool (*f)(void*) noexcept, void* arg) {
  P* p = explorer->m->p;
  run = &r;
  use_virtual_time();
  p->end_goid = p->next_goid;  // the ids that are given out from here on are larger than all that were
  r.first_id = sched.next_goid.load(std::memory_order_relaxed);
  const uint64_t outside = live(p);
  go({.stack_bytes = kStackBytes, .name = "explore"}, [&r, f, arg] {
    if (!f(arg)) r.fail("it returns false");
  });
  while (!r.failed) {
    yield();
    if (r.failed) break;
    if (const int64_t due = p->next_timer.load(std::memory_order_relaxed); due != 0)
      skip_to(due);
    else if (live(p) != outside)
      r.fail("all its goroutines are asleep - deadlock!");
    else
      return;
  }
  if (r.verbose) dump_gs();
  give_up_gs(p);
  use_new_timers(p);
}

uint64_t next_seed(const Run& r) {
  uint64_t bits = 0;
  while (bits < kHorizonBits && (kLeastHorizon << bits) < r.steps) ++bits;
  return (Random(r.seed).next() & kSeeds & ~kHorizonBits) | bits;
}

// What explore() takes from the others, and gives back.
class Alone {
 public:
  explicit Alone(P* p)
      : p_(p),
        timers_(p->timers),
        next_timer_(p->next_timer.load(std::memory_order_relaxed)),
        time_(virtual_time.load(std::memory_order_relaxed)),
        clock_(os::set_clock(nullptr)),
        instead_(sched.instead.exchange(choose_by_priority, std::memory_order_relaxed)),
        hook_(detail::point_hook.exchange(pass_point, std::memory_order_relaxed)) {
    use_new_timers(p);
  }
  ~Alone() {
    detail::point_hook.store(hook_, std::memory_order_relaxed);
    sched.instead.store(instead_, std::memory_order_relaxed);
    os::set_clock(clock_);
    virtual_time.store(time_, std::memory_order_relaxed);
    p_->timers = timers_;
    p_->next_timer.store(next_timer_, std::memory_order_relaxed);
    run = nullptr;
    explorer = nullptr;
  }
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;

 private:
  P* const p_;
  TimerQueue* const timers_;
  const int64_t next_timer_, time_;
  const os::ClockGettime clock_;
  G* (*const instead_)(M*);
  void (*const hook_)();
};

void explain(const Run& failed, int number, bool (*f)(void*) noexcept, void* arg) {
  const auto seed = static_cast<intptr_t>(failed.seed);
  report(2, "explore: run % fails: $\n", {number, reinterpret_cast<intptr_t>(failed.text)});
  Run again(failed.seed, static_cast<int>(failed.preemptions), true);
  play(again, f, arg);
  report(2, "explore: $; MSTART_DEBUG=seed=%\n",
         {reinterpret_cast<intptr_t>(again.failed ? "it fails again"
                                                  : "it does not fail again: not only the order decides"),
          seed});
}

}  // namespace

// fatal.cc's: of a G of a run, on its stack and without a lock, it is the run's end; it does not come back then. Otherwise the
// process ends, and the seed is said.
void fail_run(std::string_view text) {
  if (run == nullptr) return;
  G* g = getg();
  const auto* here = static_cast<const char*>(__builtin_frame_address(0));
  if (g == nullptr || g == explorer || g == &g->m->g0 || g->m->locks != 0 || run->failed || here < g->stack.lo ||
      here >= g->stack.hi) {
    report(2, "explore: MSTART_DEBUG=seed=%\n", {static_cast<intptr_t>(run->seed)});
    return;
  }
  run->fail(text);
  g->no_preempt = 0;
  park(nullptr, nullptr, WaitReason::kForEver);
}

}  // namespace mstart::runtime

namespace mstart::inline v0::detail {

using namespace runtime;

Finding explore(bool (*f)(void*) noexcept, void* arg, const ExploreOptions& options) {
  G* self = user_g();
  check(explorer == nullptr, "explore inside explore");
  (void)set_procs(sched.procs.load(std::memory_order_relaxed) == 0 ? 1 : 0);
  check(procs() == 1, "explore with more than one P: call it, or set_procs(1), before the first go()");
  explorer = self;
  const Alone alone(self->m->p);
  const bool replays = config.seed >= 0;
  const int runs = replays ? 1 : options.runs;
  uint64_t seed = replays ? static_cast<uint64_t>(config.seed) : options.seed;
  for (int i = 1; i <= runs; ++i) {
    Run r(seed, options.preemptions, false);
    play(r, f, arg);
    if (r.failed) {
      explain(r, i, f, arg);
      return {true, seed};
    }
    seed = next_seed(r);
  }
  return {false, 0};
}

}  // namespace mstart::inline v0::detail
