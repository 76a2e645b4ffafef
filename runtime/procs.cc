// SPDX-License-Identifier: MIT
// The Ps: how many, and where they are. Counted at the first go(), not at the start: the cgroup's files are worth a dozen
// system calls, and a program that starts no G needs one P, which is static.
#include <mstart/go.h>

#include <new>

#include "os/limits.h"
#include "os/mem.h"
#include "runtime/config.h"
#include "runtime/sched.h"

namespace mstart::runtime {

constinit P p0;

// Before the first birth: children inherit it. Sleeps end when they should then (default 50 us late).
void set_timer_slack() {
  constexpr int kPrSetTimerslack = 29;
  (void)os::prctl(kPrSetTimerslack, 1);
}

// Called once, by m0, the only thread that runs Gs so far; it has p0, the only P, or has just put it on the idle list.
void make_ps() {
  set_timer_slack();
  int n = config.procs != 0 ? config.procs : os::usable_cpus();
  if (n > kMaxProcs) n = kMaxProcs;
  static constinit P* only[1] = {&p0};
  P** all = only;
  if (n > 1) {
    const size_t list_bytes = os::align_up(static_cast<size_t>(n) * sizeof(P*), alignof(P));
    const Result<char*> memory = os::map_pages(list_bytes + static_cast<size_t>(n - 1) * sizeof(P));
    if (!memory) {
      n = 1;  // fewer Ps are slower, not wrong
    } else {
      all = reinterpret_cast<P**>(*memory);
      all[0] = &p0;
      for (int i = 1; i < n; ++i) {
        all[i] = new (*memory + list_bytes + static_cast<size_t>(i - 1) * sizeof(P)) P();
        all[i]->id = static_cast<uint32_t>(i);
      }
    }
  }
  LockGuard guard(sched.lock);
  sched.allp = all;
  __atomic_store_n(&lock_may_spin, n > 1, __ATOMIC_RELAXED);  // threads without a P may read it
  sched.idle.add_idle_ps(-1);                                 // the promised one
  for (int i = n - 1; i > 0; --i) pidleput(all[i]);
  sched.procs.store(n, std::memory_order_release);
}

}  // namespace mstart::runtime

namespace mstart::inline v0 {

int procs() {
  runtime::user_g();
  if (runtime::sched.procs.load(std::memory_order_relaxed) == 0) runtime::make_ps();
  return runtime::sched.procs.load(std::memory_order_relaxed);
}

int set_procs(int n) {
  runtime::user_g();
  const int counted = runtime::sched.procs.load(std::memory_order_relaxed);
  const int previous = counted != 0 ? counted : runtime::config.procs != 0 ? runtime::config.procs : os::usable_cpus();
  if (n < 1 || n == previous || runtime::config.seed >= 0) return previous;
  runtime::check(counted == 0, "set_procs after the first go()");
  runtime::config.procs = n < runtime::kMaxProcs ? n : runtime::kMaxProcs;
  return previous;
}

}  // namespace mstart::inline v0
