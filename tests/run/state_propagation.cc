// SPDX-License-Identifier: MIT
// The kernel state of a locked thread is its own: a working directory that it has unshared, its affinity, its signal mask,
// its rounding mode. A thread that is born on its account has none of it (Go's LockOSThreadAvoidsStatePropagation). An
// unlocked G's rounding mode goes no further than its own thread either, though that thread makes the new one itself.
// cases: main g unlocked
#include "observe.h"

using namespace mstart;

namespace {

// Towards +infinity, and back to nearest.
void round_up() {
#if __has_builtin(__builtin_ia32_ldmxcsr)
  __builtin_ia32_ldmxcsr(0x1f80 | 0x4000);
#else
  __builtin_aarch64_set_fpcr(0x400000);
#endif
}
void round_to_nearest() {
#if __has_builtin(__builtin_ia32_ldmxcsr)
  __builtin_ia32_ldmxcsr(0x1f80);
#else
  __builtin_aarch64_set_fpcr(0);
#endif
}
bool rounds_up() {
  volatile double one = 1, tiny = 1e-30;
  return one + tiny > 1;
}

struct State {
  char directory[256] = {};
  uint64_t cpus[16] = {};
  uint64_t mask = 0;
  bool up = rounds_up();

  State() {
    expect(raw_syscall(SYS_getcwd, &directory[0], sizeof directory).ok(), "getcwd");
    expect(raw_syscall(SYS_sched_getaffinity, 0, sizeof cpus, &cpus[0]).ok(), "sched_getaffinity");
    expect(raw_syscall(SYS_rt_sigprocmask, 0, nullptr, &mask, sizeof mask).ok(), "rt_sigprocmask");
  }
  bool operator==(const State&) const = default;
};

void make_strange() {
  constexpr long kCloneFs = 0x200, kBlock = 0;
  expect(raw_syscall(SYS_unshare, kCloneFs).ok(), "unshare");
  expect(raw_syscall(SYS_chdir, "/proc/self").ok(), "chdir");
  const uint64_t usr1 = uint64_t{1} << (10 - 1);
  expect(raw_syscall(SYS_rt_sigprocmask, kBlock, &usr1, nullptr, sizeof usr1).ok(), "rt_sigprocmask");
  State state;
  bool found = false;
  for (uint64_t& word : state.cpus) {  // the lowest one
    word = found ? 0 : word & (~word + 1);
    found = found || word != 0;
  }
  expect(raw_syscall(SYS_sched_setaffinity, 0, sizeof state.cpus, &state.cpus[0]).ok(), "sched_setaffinity");
  round_up();
}

// Gs that cannot run but at once, so that they need threads, which the caller asks for. It is one of them.
void ask_for_threads(const State& normal, int n) {
  std::atomic<int> here{0};
  Scope scope;
  for (int i = 0; i < n; ++i) {
    scope.go([&] {
      expect(State() == normal, "a new thread is as the first one was");
      for (++here; here != n;) (void)raw_syscall(SYS_sched_yield);
      lock_thread();  // the thread is not used again
    });
  }
}

void strange_thread(const State& normal) {
  const ThreadLock lock;
  make_strange();
  const State strange;
  expect(strange.up && strange.mask != normal.mask && std::string_view(strange.directory) != normal.directory,
         "the thread is strange");
  for (int round = 0; round < 20; ++round) {
    ask_for_threads(normal, 3);
    expect(State() == strange, "and stays strange");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  set_procs(4);
  const State normal;
  expect(!normal.up, "the start is normal");
  if (which == "main") {
    strange_thread(normal);
  } else if (which == "g") {
    Scope scope;
    scope.go([&] {
      strange_thread(normal);
      lock_thread();  // and takes the strange thread with it
    });
    scope.wait();
    ask_for_threads(normal, 3);
  } else {
    for (int round = 0; round < 20; ++round) {
      std::atomic<bool> ran{false};
      Scope scope;
      round_up();
      scope.go([&] {
        expect(!rounds_up(), "a new thread rounds to nearest");
        ran = true;
        lock_thread();
      });
      while (!ran) (void)raw_syscall(SYS_sched_yield);
      expect(rounds_up(), "this one still does not");
      round_to_nearest();
    }
    expect(stats().ms_created >= 20, "threads were born");
  }
}
