// SPDX-License-Identifier: MIT
// Gs and their threads, as the API sees them: lock_thread, limits, counts.
#include <mstart/go.h>

#include "runtime/dump.h"
#include "runtime/sched.h"

namespace mstart::inline v0 {

using runtime::check;
using runtime::G;
using runtime::M;
using runtime::sched;
using runtime::user_g;

void lock_thread() {
  G* g = user_g();
  if (g->m->locked_ext == 0) runtime::startTemplateThread();
  M* m = g->m;
  check(++m->locked_ext != 0, "LockOSThread nesting overflow");
  m->lockedg = g;
  g->locked_m = m;
}

void unlock_thread() {
  G* g = user_g();
  M* m = g->m;
  if (m->locked_ext == 0) return;  // as Go's: not an error
  if (--m->locked_ext != 0 || m->locked_int != 0) return;
  m->lockedg = nullptr;
  g->locked_m = nullptr;
}

NoPreempt::NoPreempt() { check(++user_g()->no_preempt != 0, "NoPreempt nesting overflow"); }
NoPreempt::~NoPreempt() { --user_g()->no_preempt; }

int num_g() { return static_cast<int>(runtime::live_gs()); }

int num_m() {
  const auto ended = sched.ms_ended.load(std::memory_order_acquire);  // first: those were created before
  return static_cast<int>(sched.ms_created.load(std::memory_order_relaxed) - ended);
}

int set_max_threads(int n) {
  user_g();
  runtime::LockGuard guard(sched.lock);
  const auto previous = static_cast<int>(sched.max_ms);
  if (n >= 1) sched.max_ms = n;
  return previous;
}

}  // namespace mstart::inline v0
