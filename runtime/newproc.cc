// SPDX-License-Identifier: MIT
// How a G comes to be and how it ends: newproc, newproc1, the lists of dead Gs, goexit.
//
//   go() -> newproc -> newproc1 (a dead G becomes a runnable one), runqput, wakep
//   gentry (arch) -> mstart_gmain -> the function -> goexit1 -> mcall -> goexit0 -> the next G
//
// Dead Gs. Each P keeps up to 64; beyond that half goes to the global list, and an empty P takes 32 from there. Nothing is
// allocated in the steady state: a G's memory, and a stack to go with it, are there for ever (stack.h).
#include <mstart/detail/point.h>
#include <mstart/go.h>

#include <new>

#include "arch/probe.h"
#include "os/clock.h"
#include "runtime/bubble.h"
#include "runtime/execute.h"
#include "runtime/heap.h"
#include "runtime/sched.h"
#include "runtime/stack.h"
#include "runtime/switch.h"

namespace mstart::runtime {

namespace {

constexpr uint32_t kMostFree = 64, kFreeBatch = 32;
constexpr uint64_t kGoidBatch = 16;
constexpr size_t kInlineAlign = 16;

// The list is full: half of it to the global one.
[[gnu::cold]] void gfput_slow(P* p) {
  LockGuard guard(sched.lock);
  while (p->free_gs.size > kFreeBatch) sched.free_gs.push(p->free_gs.pop());
}

void gfput(P* p, G* g) {
  check(g->status.load(std::memory_order_relaxed) == GStatus::kDead, "gfput: bad status (not Gdead)");
  p->free_gs.push(g);
  if (p->free_gs.size >= kMostFree) [[unlikely]]
    gfput_slow(p);
}

// The list is empty: half of one from the global list, or new ones. An error: no memory for them.
[[gnu::cold, gnu::noinline]] Result<void> gfget_slow(P* p) {
  {
    LockGuard guard(sched.lock);
    while (p->free_gs.size < kFreeBatch && sched.free_gs.first != nullptr) p->free_gs.push(sched.free_gs.pop());
  }
  if (p->free_gs.first != nullptr) return {};
  if (sched.procs.load(std::memory_order_relaxed) == 0) make_ps();  // the stacks' slack depends on it
  return grow_gs(&p->free_gs);
}

void set_name(G* g, std::string_view name) {
  const size_t n = name.size() < sizeof g->name - 1 ? name.size() : sizeof g->name - 1;
  if (n != 0) __builtin_memcpy(g->name, name.data(), n);
  g->name[n] = 0;
}

bool fits_inline(const detail::ClosureType& type) {
  return type.size <= detail::kInlineClosure && type.align <= kInlineAlign;
}

void drop_closure(G* g) {
  if (g->type->destroy != nullptr) g->type->destroy(g->closure);
  if (g->closure != g->inline_closure) heap_free(g->closure);
}

// What few Gs need, for g, which p's list has just given: a place in the heap for a large function object, a stack of its own
// size. If there is no memory for it, g goes back.
[[gnu::cold, gnu::noinline]] Result<void> take_extras(P* p, G* g, const detail::ClosureType& type,
                                                      const GoOptions& options) {
  g->closure = fits_inline(type) ? g->inline_closure : heap_alloc(type.size, type.align);
  Result<Stack> sized{Stack{}};
  if (options.stack_bytes > default_stack_bytes) sized = take_sized_stack(options.stack_bytes);
  if (g->closure == nullptr || !sized) {
    if (g->closure != g->inline_closure) heap_free(g->closure);
    gfput(p, g);
    return sized ? Error{Errno::not_enough_memory, "mmap"} : sized.error();
  }
  if (sized->lo != nullptr) {
    g->own_stack = true;
    start_on_stack(g, *sized);
  }
  return {};
}

// A runnable G with the function object in it, that nobody else knows of yet.
Result<G*> newproc1(const detail::ClosureType& type, void* from, const GoOptions& options, detail::AtEnd at_end,
                    const void* caller) {
  P* p = getg()->m->p;
  if (p->free_gs.first == nullptr) [[unlikely]] {
    const Result<void> r = gfget_slow(p);
    if (!r) return r.error();
  }
  G* g = p->free_gs.pop();
  check(g->status.load(std::memory_order_relaxed) == GStatus::kDead, "newproc1: new g is not Gdead");
  if (fits_inline(type) && options.stack_bytes <= default_stack_bytes) [[likely]] {
    g->closure = g->inline_closure;
  } else {
    const Result<void> r = take_extras(p, g, type, options);
    if (!r) return r.error();
  }
  if (p->next_goid == p->end_goid) {
    p->next_goid = sched.next_goid.fetch_add(kGoidBatch, std::memory_order_relaxed);
    p->end_goid = p->next_goid + kGoidBatch;
  }
  g->id = p->next_goid++;
  g->type = &type;
  g->at_end = at_end;
  g->created_at = caller;
  set_name(g, options.name);
  p->gs_created.add();
  type.construct(g->closure, from);  // the user's code: it may park, and this G may be on another P after it
  g->status.store(GStatus::kRunnable, std::memory_order_relaxed);
  return g;
}

// On g0: the G's last.
[[gnu::hot]] void goexit0(void* arg) {
  G* g = static_cast<G*>(arg);
  M* m = g->m;
  P* p = m->p;
  fiber_arrive(m->g0.fiber, nullptr);
  fiber_drop(g->fiber);
  setg(&m->g0);
  check(g->status.load(std::memory_order_relaxed) == GStatus::kRunning, "goexit0: bad g->status");
  g->status.store(GStatus::kDead, std::memory_order_relaxed);
  const bool locked = g->locked_m != nullptr;
  g->locked_m = nullptr;
  m->lockedg = nullptr;
  m->curg = nullptr;
  g->m = nullptr;
  g->no_preempt = 0;
  give_stack(p, g);
  g->own_stack = false;
  p->gs_ended.add();
  if (g->bubble != nullptr) [[unlikely]]
    bubble_left(g);
  gfput(p, g);
  if (locked) {
    check(m->locked_int == 0, "exited a goroutine internally locked to the OS thread");
    // The thread may be in any state: it ends with its G. Back into mstart, which goes on to mexit.
    arch::gogo(&m->g0.sched);
  }
  schedule_quick(m, p);
}

// They may add others.
void run_endings(G* g) {
  while (detail::Ending* ending = g->endings) {
    g->endings = ending->next;
    ending->run(ending);
  }
}

// On the G, when its function has returned or has called goexit. Endings come before the function object, which may own what
// they touch, and after it, for what its destructor has made.
[[noreturn, gnu::hot]] void goexit1() {
  G* g = getg();
  run_endings(g);
  drop_closure(g);
  run_endings(g);
  if (g->at_end.fn != nullptr) g->at_end.fn(g->at_end.arg);
  MSTART_PROBE1(goexit, g);
  if (exception_state != nullptr) [[unlikely]]
    (void)take_exceptions();  // goexit() in a catch block
  M* m = g->m;
  fiber_leave_for_good(g->fiber, m->g0.fiber);
  arch::switch_live(&g->sched, g0_stack(m), goexit0, g);
  __builtin_unreachable();
}

}  // namespace

// A timer's function starts a G.
void newproc_on_g0(const detail::ClosureType& type, void* from) {
  const Result<G*> made = newproc1(type, from, {}, {}, nullptr);
  if (!made) mstart::detail::go_failed();
  if (Bubble* bubble = getg()->bubble) bubble_adopt(bubble, *made);
  runqput(getg()->m->p, *made, true);
  wakep();
}

extern "C" [[noreturn]] void mstart_gmain() {
  G* g = getg();
  fiber_arrive(g->fiber, &g->m->g0.fiber);
  g->type->invoke(g->closure);
  goexit1();
}

}  // namespace mstart::runtime

namespace mstart::inline v0 {

using runtime::getg;

namespace detail {

Result<void> newproc(const ClosureType& type, void* from, const GoOptions& options, AtEnd at_end) {
  runtime::G* self = runtime::user_g();
  if (runtime::births_recorded) [[unlikely]]
    self->m->birth_start = {.newproc = arch::cycles(), .wakep = 0, .startm = 0};
  const Result<runtime::G*> made = runtime::newproc1(type, from, options, at_end, __builtin_return_address(0));
  if (!made) return made.error();
  MSTART_PROBE1(newproc, *made);
  if (self->bubble != nullptr) [[unlikely]]
    bubble_adopt(self->bubble, *made);
  runtime::runqput(self->m->p, *made, true);
  runtime::wakep();
  if (runtime::births_recorded) [[unlikely]]
    self->m->birth_start = {};
  point();
  return {};
}

void go_failed() { runtime::throw_error("go: out of memory for a goroutine's stack"); }
void go_of_nil() { runtime::throw_error("go of nil func value"); }

}  // namespace detail

void goexit() {
  runtime::user_g();
  runtime::goexit1();
}

uint64_t this_g() { return runtime::user_g()->id; }

}  // namespace mstart::inline v0
