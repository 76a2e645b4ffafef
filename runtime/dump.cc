// SPDX-License-Identifier: MIT
// Everything is read while it may change: each word is read once, and only memory that is never unmapped is looked at (Gs,
// Ms, Ps; stacks but the largest, see has_lasting_stack). No lock, no allocation: this runs when anything may be broken, on
// any stack of 2 KB. What deadlock.h adds comes last: it looks into the program's objects, under locks that are free.
#include "runtime/dump.h"

#include <mstart/debug.h>

#include "os/clock.h"
#include "os/signal.h"
#include "runtime/bubble.h"
#include "runtime/config.h"
#include "runtime/deadlock.h"
#include "runtime/print.h"
#include "runtime/report.h"
#include "runtime/sched.h"

namespace mstart::runtime {

// There in programs with something that it looks at.
[[gnu::weak, gnu::visibility("default")]] void report_deadlocks(int fd, Look look);

namespace {

// A word that another thread may write.
template <class T>
[[gnu::always_inline]] inline T moment(const T& word) {
  T now;
  __atomic_load(&word, &now, __ATOMIC_RELAXED);
  return now;
}

// -1 for none.
template <class T>
int64_t id_of(const T* t) {
  return t != nullptr ? static_cast<int64_t>(t->id) : -1;
}

// The G that this thread runs, on its own stack or on the scheduler's; null if none.
const G* current_g() {
  const G* g = getg();
  return g != nullptr && g == &g->m->g0 ? g->m->curg : g;
}

// A dead G's stack is kept, but for those over 8 MiB: the G may end while it is looked at.
bool has_lasting_stack(const Stack& stack) { return stack.hi - stack.lo <= ptrdiff_t{8} * 1024 * 1024; }

// A function's frame, on both ISAs: where fp points.
struct Frame {
  const Frame* caller;
  const void* return_address;
};

// Follows the frames up the stack. Whatever is no frame further up on this stack ends the list: code without frame pointers
// may have left anything in fp.
void write_frames(Sink& out, const Stack& stack, const void* pc, const void* fp) {
  constexpr int kMostFrames = 16;
  constexpr intptr_t kLowest = 4096;  // no code is below it
  const char* lo = stack.lo;
  for (int i = 0; i < kMostFrames; ++i) {
    if (pc != nullptr) fill(out, " @", {as_value(pc)});
    const auto* frame = static_cast<const Frame*>(fp);
    if (fp < lo || fp > stack.hi - sizeof(Frame) || as_value(fp) % alignof(Frame) != 0) return;
    pc = frame->return_address;
    if (as_value(pc) < kLowest) return;
    fp = frame->caller;
    lo = reinterpret_cast<const char*>(frame + 1);
  }
}

// Where g is: nothing for one that has not run yet (no stack), or that runs on another thread.
void write_place(Sink& out, const G* g, GStatus status, const void* here) {
  const Stack stack{moment(g->stack.lo), moment(g->stack.hi)};
  const bool is_current = g == current_g();
  if (stack.lo == nullptr || (!is_current && (status == GStatus::kRunning || !has_lasting_stack(stack)))) return;
  fill(out, "\n\tat", {});
  if (is_current && here >= stack.lo && here < stack.hi)
    write_frames(out, stack, nullptr, here);
  else
    write_frames(out, stack, moment(g->sched.pc), moment(g->sched.fp));
}

void dump_m(int fd, const M* m) {
  int tid = m->thread.tid();
  if (m == &m0 && tid == 0) tid = os::getpid();  // the first thread has the process's number
  report(fd, "M%: tid=% p=% g=% lockedg=%$$\n",
         {id_of(m), tid, id_of(moment(m->p)), id_of(moment(m->curg)), id_of(moment(m->lockedg)),
          as_value(moment(m->spinning) ? " spinning" : ""),
          as_value(!moment(m->on_idle_list)       ? ""
                   : moment(m->sleeps_until) != 0 ? " idle, until a timer"
                                                  : " idle")});
}

void dump_p(int fd, const P* p) {
  const M* m = p->m.load(std::memory_order_relaxed);
  report(fd, "P%: $ m=% runq=%\n", {id_of(p), as_value(m != nullptr ? "running" : "idle"), id_of(m), p->runq.size()});
}

}  // namespace

const char* name_of(GStatus status) {
  switch (status) {
    case GStatus::kDead:
      return "dead";
    case GStatus::kRunnable:
      return "runnable";
    case GStatus::kRunning:
      return "running";
    case GStatus::kDurable:
    case GStatus::kWaiting:
      return "waiting";
  }
  return "?";
}

const char* name_of(WaitReason reason) {
  switch (reason) {
    case WaitReason::kNone:
      return "waiting";
    case WaitReason::kWaitGroup:
      return "waitgroup";
    case WaitReason::kJoin:
      return "join";
    case WaitReason::kStaticInit:
      return "static initialisation";
    case WaitReason::kMutex:
      return "sync.Mutex.Lock";
    case WaitReason::kSharedMutex:
      return "sync.RWMutex.Lock";
    case WaitReason::kSharedMutexShared:
      return "sync.RWMutex.RLock";
    case WaitReason::kCondVar:
      return "sync.Cond.Wait";
    case WaitReason::kOnce:
      return "once";
    case WaitReason::kSemaphore:
      return "semaphore";
    case WaitReason::kForEver:
      return "for ever";
    case WaitReason::kSleep:
      return "sleep";
    case WaitReason::kChanSend:
      return "chan send";
    case WaitReason::kChanRecv:
      return "chan receive";
    case WaitReason::kChanSendNil:
      return "chan send (nil chan)";
    case WaitReason::kChanRecvNil:
      return "chan receive (nil chan)";
    case WaitReason::kSelect:
      return "select";
    case WaitReason::kSelectNoCases:
      return "select (no cases)";
    case WaitReason::kOutside:
      return "a channel from outside the bubble";
    case WaitReason::kBubble:
      return "bubble";
  }
  return "?";
}

void dump_g(int fd, const G* g) {
  char buffer[512];
  Sink out(buffer);
  const GStatus status = g->status.load(std::memory_order_acquire);
  const bool waits = status == GStatus::kWaiting || status == GStatus::kDurable;
  const Bubble* bubble = moment(g->bubble);
  const int64_t since = waits ? moment(g->wait_since) : 0;
  const int64_t until = waits ? moment(g->wait_until) : 0;
  fill(out, "goroutine % [$$$",
       {static_cast<intptr_t>(g->id), as_value(waits ? name_of(moment(g->wait_reason)) : name_of(status)),
        as_value(status == GStatus::kDurable ? " (durable)" : ""),
        as_value(moment(g->locked_m) != nullptr ? ", locked to thread" : "")});
  const int64_t waited_s = since != 0 ? (os::nanotime() - since) / 1'000'000'000 : 0;
  if (waited_s > 0) fill(out, ", % s", {waited_s});
  if (until != 0)
    fill(out, ", for % us more", {(until - (bubble != nullptr ? bubble_time(bubble) : os::nanotime())) / 1000});
  if (bubble != nullptr) fill(out, ", bubble %", {static_cast<intptr_t>(bubble_id(bubble))});
  fill(out, "]:$$", {as_value(g->name[0] != 0 ? " " : ""), as_value(g->name)});
  write_place(out, g, status, __builtin_frame_address(0));
  fill(out, g->created_at != nullptr ? "\n\tcreated at @\n" : "\n", {as_value(g->created_at)});
  detail::write_all(fd, out.text());
}

void report_state() {
  if (config.traceback == Traceback::kNone) return;
  if (config.traceback == Traceback::kSingle) {
    if (const G* g = current_g()) dump_g(2, g);
    return;
  }
  dump(2);
  if (config.traceback != Traceback::kCrash) return;
  constexpr int kUnblock = 1;
  const uint64_t abort_signal = uint64_t{1} << (os::kSigAbrt - 1);
  (void)os::set_default(os::kSigAbrt);
  (void)os::rt_sigprocmask(kUnblock, &abort_signal, nullptr);
  (void)os::tgkill(os::getpid(), os::gettid(), os::kSigAbrt);
}

uint64_t live_gs() {
  const Stats s = stats();
  return s.gs_created - s.gs_ended;
}

}  // namespace mstart::runtime

namespace mstart::inline v0 {

void dump(int fd) {
  using namespace runtime;
  struct Request {
    int fd;
    const G* current;
  } request{fd, current_g()};
  if (request.current != nullptr) dump_g(fd, request.current);
  for_each_g(
      [](G* g, void* arg) {
        const auto* r = static_cast<const Request*>(arg);
        if (g != r->current && g->status.load(std::memory_order_relaxed) != GStatus::kDead) dump_g(r->fd, g);
      },
      &request);
  for (const M* m = sched.allm.load(std::memory_order_acquire); m != nullptr; m = moment(m->allnext)) dump_m(fd, m);
  const int n = sched.procs.load(std::memory_order_acquire);
  for (int i = 0; i < n; ++i) dump_p(fd, sched.allp[i]);
  if (report_deadlocks != nullptr) report_deadlocks(fd, Look::kDump);
}

// What has ended is counted first, so it is never more than what was created.
Stats stats() {
  using runtime::P;
  using runtime::sched;
  Stats s{};
  const int procs = sched.procs.load(std::memory_order_acquire);
  P* const only[] = {&runtime::p0};
  P* const* all = procs != 0 ? sched.allp : only;
  const int n = procs != 0 ? procs : 1;
  s.ms_ended = sched.ms_ended.load(std::memory_order_acquire);
  for (int i = 0; i < n; ++i) s.gs_ended += all[i]->gs_ended.get();
  std::atomic_thread_fence(std::memory_order_acquire);
  for (int i = 0; i < n; ++i) {
    s.gs_created += all[i]->gs_created.get();
    s.steals += all[i]->steals.get();
    s.wakes += all[i]->wakes.get();
    s.parks += all[i]->parks.get();
  }
  s.ms_created = sched.ms_created.load(std::memory_order_relaxed);
  s.births_refused = sched.births_refused.load(std::memory_order_relaxed);
  return s;
}

}  // namespace mstart::inline v0
