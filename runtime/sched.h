// SPDX-License-Identifier: MIT
// The scheduler's state and its functions, by file. sched.cc's head explains how they work together.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/check.h"
#include "runtime/g.h"
#include "runtime/idle.h"
#include "runtime/injectq.h"
#include "runtime/lock.h"
#include "runtime/m.h"
#include "runtime/p.h"
#include "runtime/rwlock.h"

namespace mstart::runtime {

inline constexpr int kMaxProcs = 1024;

struct Sched {
  // Anybody.
  alignas(64) IdleWord idle{1};              // one idle P is promised until make_ps() has counted the CPUs
  std::atomic<int64_t> retry_births_at{0};   // os::nanotime(); 0: no refusal since Ms have last looked for work
  std::atomic<int64_t> birth_backoff{0};     // ns, of the last refusal; 0: a birth was granted since
  std::atomic<bool> refusal_told{false};     // the diagnosis was given
  std::atomic<int64_t> timer_until{kNever};  // the earliest deadline that an M sleeps with; changed under `lock`
  std::atomic<uint64_t> next_goid{2};        // main is 1
  std::atomic<uint64_t> ms_created{1}, ms_ended{0}, births_refused{0};
  std::atomic<M*> allm{nullptr};  // changed under `lock`; dump walks it without: Ms are never unmapped

  // Under `lock`.
  alignas(64) Lock lock{Rank::kSched};
  InjectQueue<G, &G::schedlink> runq;
  M* midle = nullptr;     // idle Ms, last in first out
  M* sleepers = nullptr;  // those of them that sleep for a timer, the earliest first
  int64_t nmidle = 0;
  int64_t nmidlelocked = 0;  // Ms that wait for their locked G
  int64_t nmsys = 0;         // the template thread: not counted for deadlock
  uint64_t mnext = 1;        // ids given out; m0 has 0
  uint64_t nmgone = 0;       // ids whose M has ended or was never born
  int64_t max_ms = 10000;
  M* freem = nullptr;  // ended Ms, last in first out; taken again when the kernel says that their stacks are free
  P* pidle = nullptr;
  os::Note* all_idle = nullptr;  // woken when the last P goes idle
  GList free_gs;

  // Not null once main has returned in a process that goes on (hosted): called, with its P if it has one, by each M that
  // comes to the scheduler, in place of running another G. Does not return. Set once, under `lock`.
  std::atomic<void (*)()> stop{nullptr};
  // Not null: asked for the next G before any queue is looked at; null from it: look. MSTART_DEBUG=seed's, or explore()'s; or,
  // once `stop` is set, it calls that: so the short way from G to G has one word to look at.
  std::atomic<G* (*)(M*)> instead{nullptr};
  bool reports_deadlock = true;  // false: a foreign thread may yet bring work

  // Set by make_ps(), at the first wake.
  P* const* allp = nullptr;
  std::atomic<int> procs{0};  // 0: not counted yet
};
// Hidden, here as in the other headers: -fvisibility is for definitions, and whoever sees only a declaration would go through
// the linker's table of addresses.
[[gnu::visibility("hidden")]] extern Sched sched;
[[gnu::visibility("hidden")]] extern P p0;
[[gnu::visibility("hidden")]] extern RwLock exec_lock;  // read side: a thread is being made

// sched.cc: Gs on Ps.
void schedule();  // does not return; see execute.h
void wake_slow();
inline void wakep() {
  if (sched.idle.look().wants_wake()) [[unlikely]]  // [wake:B]
    wake_slow();
}
void runqput(P* p, G* g, bool next);

// machines.cc: Ms for Ps.
void startm(P* p, bool spinning);
void stopm();
void handoffp(P* p);
void stoplockedm();
void startlockedm(G* g);
void acquirep(P* p);
P* releasep();
P* pidleget();
void pidleput(P* p);
void become_spinning();
void mspinning();
void retry_births();
void incidlelocked();
void give_gs_to_all(P* p);
void wake_locked(G* g, P* p);
void wake_with(M* m, P* p);
bool any_runnable();
M* mget();
void notesleep_or_retry(os::Note& note);
void wake_m0_to_stop();
void checkdead();

// procs.cc
void make_ps();

// timer.cc, which only programs with timers carry; null elsewhere.
[[gnu::weak, gnu::visibility("default")]] void run_timers(P* p);
[[gnu::weak, gnu::visibility("default")]] void serve_timers(M* m);
[[gnu::weak, gnu::visibility("default")]] int64_t sleep_for_timers(M* m);
[[gnu::weak, gnu::visibility("default")]] void leave_sleepers(M* m);
[[gnu::weak, gnu::visibility("default")]] void cover_timers(M* m);
[[gnu::weak, gnu::visibility("default")]] bool timers_uncovered();
[[gnu::weak, gnu::visibility("default")]] bool timers_pending();

// newm.cc: how an M comes to be and where its memory goes.
bool newm(void (*fn)(), P* p, int64_t id);
int64_t mReserveID(bool while_refused = false);
inline constexpr int64_t kAtLimit = -2;
void tell_limit();
int64_t mcount();
void mcommoninit(M* m, int64_t id);
void birth_refused(P* p, bool spinning);
void check_births_possible();
void wake_template_thread();
inline void leave_a_retrier() {
  if (sched.retry_births_at.load(std::memory_order_relaxed) != 0) [[unlikely]]
    wake_template_thread();
}
void startTemplateThread();
void retry_template_thread();
void set_timer_slack();
void free_m(M* m);

// The document's _cgo_thread_start: makes a thread on which g0 is the current g and fn() runs. Set by the hosted library.
struct ThreadStartRequest {
  G* g0;
  void (*fn)();
  int error;  // out: 0 or an errno
};
using ThreadStart = void (*)(ThreadStartRequest*);
[[gnu::visibility("hidden")]] extern ThreadStart thread_start;
[[gnu::visibility("hidden")]] extern bool iscgo;  // newm1 makes threads by thread_start
// How a thread ends, when its M is not its own any more. Does not return.
using ThreadEnd = void (*)();
[[gnu::visibility("hidden")]] extern ThreadEnd thread_end;

// mstart.cc: an M's first and last moments.
[[noreturn]] void mexit_idle(M* m);
void minit();

// main.cc, stack.cc
[[gnu::visibility("hidden")]] extern G main_g;
void for_each_g(void (*fn)(G*, void*), void* arg);  // main's first

// newproc.cc
void newproc_on_g0(const detail::ClosureType& type, void* from);

// park.cc
void park(bool (*unlock)(G*, void*), void* arg, WaitReason reason);
void ready(G* g);
void systemstack(void (*fn)(void*), void* arg);

// The stack that mcall and switch_live move to.
inline void* g0_stack(M* m) { return m->g0.sched.sp; }

// notes.cc: notes, with the checks that know Ms.
void notesleep(os::Note& note);
bool notetsleep(os::Note& note, int64_t deadline_ns);
void notewakeup(os::Note& note);

}  // namespace mstart::runtime
