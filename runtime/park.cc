// SPDX-License-Identifier: MIT
// park and ready: how a G waits, and how it goes on. And yield, which is neither.
//
// A G that parks first leaves its stack (switch_live to g0), is marked waiting, and only then `unlock` runs, which makes it
// visible to whoever will ready it: nobody can run a G on a stack that its last M still uses. unlock returning false means
// that there is nothing to wait for any more: the G goes on at once. After unlock has returned true the G may be running
// elsewhere already; it is not touched again.
#include "arch/probe.h"
#include "os/clock.h"
#include "runtime/bubble.h"
#include "runtime/config.h"
#include "runtime/execute.h"
#include "runtime/sched.h"
#include "runtime/switch.h"

namespace mstart::runtime {

constinit ExceptionStateOfThread exception_state = nullptr;

namespace {

// On g0.
[[gnu::hot]] void park_m(void* arg) {
  G* g = static_cast<G*>(arg);
  M* m = g->m;
  P* p = m->p;
  fiber_arrive(m->g0.fiber, nullptr);
  setg(&m->g0);
  m->curg = nullptr;
  p->parks.add();
  check(g->status.load(std::memory_order_relaxed) == GStatus::kRunning, "park: bad g->status (not Grunning)");
  g->status.store(GStatus::kWaiting, std::memory_order_release);
  if (m->unlock != nullptr && !m->unlock(g, m->unlock_arg)) {
    g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
    return execute(m, p, g, true);
  }
  schedule_quick(m, p);
}

[[gnu::hot]] void yield_m(void* arg) {
  G* g = static_cast<G*>(arg);
  M* m = g->m;
  P* p = m->p;
  fiber_arrive(m->g0.fiber, nullptr);
  setg(&m->g0);
  m->curg = nullptr;
  check(g->status.load(std::memory_order_relaxed) == GStatus::kRunning, "yield: bad g->status (not Grunning)");
  g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
  if (!p->runq.put_tail(g)) [[unlikely]]
    runqput(p, g, false);
  schedule_quick(m, p);
}

// No status of a G that waits but a bubble's.
[[gnu::cold, gnu::noinline]] void ready_durable(G* g) {
  check(g->bubble != nullptr, "bad g->status in ready");
  bubble_ready(g);
}

}  // namespace

void park(bool (*unlock)(G*, void*), void* arg, WaitReason reason) {
  G* g = user_g();
  check(g->no_preempt == 0, "park inside a NoPreempt scope");
  BubblePark inner;
  if (g->bubble != nullptr) [[unlikely]] {
    inner = {unlock, arg};
    unlock = bubble_unlock;
    arg = &inner;
  }
  M* m = g->m;
  m->unlock = unlock;
  m->unlock_arg = arg;
  g->wait_reason = reason;
  if (config.deadlock_s != 0) [[unlikely]]
    g->wait_since = os::nanotime();
  MSTART_PROBE1(park, g);
  switch_to_g0(g, m, park_m);
}

void ready(G* g) {
  if (g->status.load(std::memory_order_relaxed) != GStatus::kWaiting) [[unlikely]]
    ready_durable(g);
  const G* self = getg();
  check(self != nullptr, "mstart called without a goroutine");  // a thread that is none of ours unlocks, or is done
  MSTART_PROBE1(ready, g);
  g->wait_reason = WaitReason::kNone;
  g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
  runqput(self->m->p, g, true);
  wakep();
}

void systemstack(void (*fn)(void*), void* arg) {
  G* g = getg();
  if (g == &g->m->g0) {
    fn(arg);
    return;
  }
  if constexpr (kFibers) {
    struct Call {
      void (*fn)(void*);
      void* arg;
      G* g;
    } call{fn, arg, g};
    fiber_leave(g->fiber, g->m->g0.fiber);
    arch::asmcgocall(
        [](void* c) {
          const auto* there = static_cast<Call*>(c);
          G* from = there->g;
          fiber_arrive(from->m->g0.fiber, nullptr);
          there->fn(there->arg);
          fiber_leave(from->m->g0.fiber, from->fiber);
        },
        &call, g0_stack(g->m));
    fiber_arrive(g->fiber, &g->m->g0.fiber);
  } else {
    arch::asmcgocall(fn, arg, g0_stack(g->m));
  }
}

}  // namespace mstart::runtime

namespace mstart::inline v0 {

void yield() {
  runtime::G* g = runtime::user_g();
  runtime::M* m = g->m;
  if (g->no_preempt != 0) runtime::throw_error("yield inside a NoPreempt scope");
  // Nobody else to run here, and nothing else that the scheduler would see to.
  if (m->p->runq.empty_for_owner() && runtime::sched.runq.size() == 0 &&
      m->p->next_timer.load(std::memory_order_relaxed) == 0 &&
      runtime::sched.retry_births_at.load(std::memory_order_relaxed) == 0 &&
      runtime::sched.instead.load(std::memory_order_relaxed) == nullptr)
    return;
  runtime::switch_to_g0(g, m, runtime::yield_m);
}

}  // namespace mstart::inline v0
