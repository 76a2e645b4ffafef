// SPDX-License-Identifier: MIT
// While the kernel takes its time to refuse a thread, an M that was busy may have gone to sleep on the idle list: it must be
// given the P that the thread was for (I3). The state is built by hand: the moment is too short to be met.
// timeout: 20
#include "expect.h"
#include "runtime/sched.h"

using namespace mstart;
using namespace mstart::runtime;

namespace {

// Another M on the idle list, and its P on the list of idle Ps.
void wait_for_idle_m() {
  for (;;) {
    {
      const LockGuard guard(sched.lock);
      if (sched.midle != nullptr && sched.pidle != nullptr) return;
    }
    (void)raw_syscall(SYS_sched_yield);
  }
}

}  // namespace

int main() {
  set_procs(2);
  std::atomic<int> ran{0};
  Scope scope;
  scope.go([&] { ++ran; });
  while (ran != 1) (void)raw_syscall(SYS_sched_yield);  // on another M
  wait_for_idle_m();
  {
    // A runnable G in the queue of a P for which no thread was to be had.
    const LockGuard guard(sched.lock);
    P* p = pidleget();
    static constinit detail::ClosureType type{0, 1, nullptr, [](void*) noexcept {}, nullptr};
    static constinit G g;
    g.id = 1'000'000;
    g.type = &type;
    g.closure = g.inline_closure;
    g.at_end = {[](void* n) { ++*static_cast<std::atomic<int>*>(n); }, &ran};
    g.status = GStatus::kRunnable;
    expect(p->runq.put_tail(&g), "room in the queue");
    birth_refused(p, false);
  }
  for (int i = 0; ran != 2; ++i) {
    expect(i < 2'000'000, "the G that waited was run by the M that slept");
    (void)raw_syscall(SYS_sched_yield);
  }
}
