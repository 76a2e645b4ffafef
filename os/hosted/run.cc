// SPDX-License-Identifier: MIT
// run(): the runtime's start on a thread of a process that has libc, and its end, after which the process goes on.
//
// Start. What a program without libc finds on its first stack is asked of libc: environment, auxiliary vector. m0 is the
// calling thread, g0's stack is below this call; then as there (runtime/main.cc): p0, main's G, mstart.
//
// End. Main's G has returned. No other G may run again, and none may run any more when run() returns. So it sets sched.stop,
// under sched.lock, and ends as Gs do. Every M comes to the scheduler sooner or later: before it takes a G it finds stop()
// there. That puts its P on the idle list, with its Gs in the global queue, and the M sleeps for good; if it is m0, it
// waits until all Ps are idle, and goes back to run(). Nobody runs a G without a P, and whoever takes an idle P later (a
// spinner that is on its way) comes here before it can run one. m0 may be asleep when main ends on another M: on the idle
// list, or waiting for its locked G, or for ever. It is woken then without a P (wake_m0_to_stop), unless somebody is about
// to wake it with one; if it goes to sleep later it sees stop under the same lock. Ms on the idle list stay there; they leave
// when their time has come, as always.
#include <mstart/go.h>
#include <mstart/hosted.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cxxabi.h>

#include "os/auxv.h"
#include "os/clock.h"
#include "os/hosted/threads.h"
#include "os/mem.h"
#include "os/signal.h"
#include "runtime/exit.h"
#include "runtime/sched.h"
#include "runtime/stack.h"
#include "runtime/switch.h"

extern "C" {
[[noreturn]] void mstart_rt_main(int (*program)());
}

namespace mstart::os {
namespace {

using namespace runtime;

constexpr size_t kLeastStackBytes = size_t{256} * 1024;

struct Run {
  const RunOptions* options;
  int (*main)(void*) noexcept;
  void* arg;
  int result = 0;
  Note all_idle = {};
};
constinit Run* current = nullptr;  // the one there is, or was

// What the start code of a program without libc reads from its stack. Before constructors, which may ask for it.
[[gnu::constructor(101)]] void read_process() {
  ProcessStart& start = process_start;
  start.libc_environ = &environ;
  start.secure = getauxval(AT_SECURE) != 0;
  page_size = getauxval(AT_PAGESZ);
  if (const uint64_t size = getauxval(AT_MINSIGSTKSZ); size != 0) min_signal_stack = size;
  init_clock(reinterpret_cast<const void*>(getauxval(AT_SYSINFO_EHDR)));
}

// m0, without a P: comes back to run() when nobody has one.
[[noreturn]] void leave_run() {
  sched.lock.lock();
  const int procs = sched.procs.load(std::memory_order_relaxed);
  const bool wait = procs != 0 && static_cast<int>(sched.idle.look().idle_ps()) != procs;
  if (wait) sched.all_idle = &current->all_idle;
  sched.lock.unlock();
  if (wait) notesleep(current->all_idle);
  setg(nullptr);
  leave_stack();
}

// sched.stop: an M, with a P or without, in place of running another G.
[[noreturn]] void stop() {
  M* m = getg()->m;
  for (;;) {
    if (m->spinning) {
      m->spinning = false;
      check(sched.idle.sub_spinning() != 0, "stop: negative nmspinning");
    }
    if (m->p != nullptr) {
      P* p = releasep();
      LockGuard guard(sched.lock);
      give_gs_to_all(p);
      pidleput(p);
    }
    if (m == &m0) leave_run();
    stopm();
  }
}

// Main's G.
int run_main() {
  if (current->options->procs > 0) (void)set_procs(current->options->procs);
  current->result = current->main(current->arg);
  let_failure_report();
  {
    LockGuard guard(sched.lock);
    sched.stop.store(stop, std::memory_order_relaxed);
    sched.instead.store([](M*) -> G* { stop(); }, std::memory_order_relaxed);
    wake_m0_to_stop();
  }
  user_g()->endings = nullptr;  // main's GLocals are not destroyed: what their destructors wait for would not come
  goexit();
}

// What run() borrows from the calling thread, and gives back as it was.
class Borrowed {
 public:
  Borrowed() : exceptions_(take_exceptions()) {
    (void)rt_sigprocmask(0, nullptr, &mask_);
    m0.signal_mask = mask_;
    for (const int signal : {kSigSegv, kSigBus, kSigFpe, kSigIll, kSigTrap})
      m0.signal_mask &= ~(uint64_t{1} << (signal - 1));  // to block those means to die of them
  }
  ~Borrowed() {
    if (m0.signal_stack != nullptr) (void)drop_signal_stack();
    for (const Fault& fault : faults_) {
      if (fault.ours) (void)set_default(fault.signal);
    }
    set_signal_mask(mask_);
    *exception_state() = exceptions_;
    ::prctl(PR_SET_TIMERSLACK, timer_slack_);
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;

 private:
  struct Fault {
    int signal;
    bool ours = is_default(signal);
  };
  const ExceptionState exceptions_;
  const int timer_slack_ = ::prctl(PR_GET_TIMERSLACK);  // ns
  uint64_t mask_ = 0;
  const Fault faults_[2] = {{kSigSegv}, {kSigBus}};
};

}  // namespace
}  // namespace mstart::os

int mstart::detail::run(const RunOptions& options, int (*main)(void*) noexcept, void* arg) {
  using namespace mstart::os;
  using namespace mstart::runtime;
  if (getg() != nullptr) return main(arg);
  static std::atomic_flag used;
  check(!used.test_and_set(std::memory_order_relaxed), "run: the runtime has run before, it does so once in a process");
  Run run{&options, main, arg};
  current = &run;
  use_libc_threads();
  sched.reports_deadlock = options.deadlock_check;
  default_stack_bytes = options.stack_bytes > kLeastStackBytes ? options.stack_bytes : kLeastStackBytes;
  exception_state = reinterpret_cast<ExceptionStateOfThread>(abi::__cxa_get_globals);
  const Borrowed borrowed;
  enter_stack(&m0.g0, [] { mstart_rt_main(run_main); });
  if (at_exit != nullptr) at_exit();
  return run.result;
}
