// SPDX-License-Identifier: MIT
// Signals interrupt the futex on which a thread sleeps for a timer; the sleep is neither short nor does it start afresh each time.
#include "expect.h"
#include "os/signal.h"
#include "runtime/sched.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

constexpr int kSigUsr1 = 10;
std::atomic<int> handled{0};

}  // namespace

int main() {
  expect(os::set_handler(kSigUsr1, [](int, void*, void*) { ++handled; }).ok(), "rt_sigaction");
  std::atomic<bool> stop{false};
  Scope scope;
  scope.go([&] {
    lock_thread();
    const int process = process_id();
    const struct {
      int64_t seconds, nanoseconds;
    } millisecond{0, 1'000'000};
    while (!stop) {
      for (const runtime::M* m = runtime::sched.allm; m != nullptr; m = m->allnext) {
        const int tid = m == &runtime::m0 ? process : m->thread.tid();
        if (tid > 0) (void)raw_syscall(SYS_tgkill, process, tid, kSigUsr1);
      }
      (void)raw_syscall(SYS_nanosleep, &millisecond, nullptr);
    }
  });
  const TimePoint start = Clock::now();
  sleep_for(300ms);
  const Duration slept = Clock::now() - start;
  expect(slept >= 300ms, "not short");
  expect(handled > 10, "signals came meanwhile");
  stop = true;
  scope.wait();
}
