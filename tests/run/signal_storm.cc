// SPDX-License-Identifier: MIT
// Signals may come at any moment of a thread's life (I10): while threads are born and end, each thread gets SIGUSR1 all the
// time, the process too, and a timer sends SIGPROF. Every handler finds the g and the m of its thread.
// env: MSTART_DEBUG=idle_ms=1
// skip-sanitizer: handlers that it does not know of run in the midst of its own code
#include "expect.h"
#include "os/signal.h"
#include "runtime/sched.h"

using namespace mstart;

namespace {

constexpr int kSigUsr1 = 10, kSigProf = 27;
std::atomic<int> handled[2];
std::atomic<bool> over{false};  // with libc the process goes on when main has returned

// On the alternate stack, or on a scheduler's of a newborn thread.
void on_signal(int signal, void*, void*) {
  if (over) return;
  const runtime::G* g = runtime::getg();
  expect(g != nullptr && g->m != nullptr, "a thread has its g");
  const runtime::M* m = g->m;
  expect(g == &m->g0 || m->curg == g || m->curg == nullptr, "it is the g of its m");
  expect_equal(m == &runtime::m0 ? process_id() : m->thread.tid(), thread_id(), "the m is the thread's");
  handled[signal == kSigUsr1 ? 0 : 1].fetch_add(1, std::memory_order_relaxed);
}

void storm(const std::atomic<bool>& stop) {
  lock_thread();
  const int process = process_id();
  while (!stop) {
    for (const runtime::M* m = runtime::sched.allm; m != nullptr; m = m->allnext) {
      const int tid = m->thread.tid();  // it may have ended, and its place be somebody else's
      if (tid > 0) (void)raw_syscall(SYS_tgkill, process, tid, kSigUsr1);
    }
    (void)raw_syscall(SYS_kill, process, kSigUsr1);
    for (int i = 0; i < 3; ++i) (void)raw_syscall(SYS_sched_yield);
  }
}

void start_profiling_timer() {
  struct {
    long interval_s, interval_us, first_s, first_us;
  } const every_ms{0, 1000, 0, 1000};
  constexpr long kItimerProf = 2;
  expect(raw_syscall(SYS_setitimer, kItimerProf, &every_ms, nullptr).ok(), "setitimer");
}

}  // namespace

int main() {
  set_procs(4);
  for (const int signal : {kSigUsr1, kSigProf}) expect(os::set_handler(signal, on_signal).ok(), "rt_sigaction");
  start_profiling_timer();
  std::atomic<bool> stop{false};
  Scope scope;
  scope.go([&] { storm(stop); });
  std::atomic<uint64_t> sum{0};
  const int n = rounds(1000);
  for (int i = 0; i < n; ++i) {
    Scope inner;
    inner.go([&] {
      lock_thread();
      ++sum;
    });
    for (int k = 0; k < 3; ++k) {
      inner.go([&] {
        for (int y = 0; y < 5; ++y) yield();
        ++sum;
      });
    }
  }
  wait_until([] { return handled[0] > 100 && handled[1] > 2; });
  stop = true;
  scope.wait();
  expect_equal(static_cast<int64_t>(sum), 4 * n, "the work that got done");
  over = true;
}
