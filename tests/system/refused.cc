// SPDX-License-Identifier: MIT
// What a program does when it is refused threads, or memory: its work, with what it has. refusals.py sets the limits from
// outside; the argument says which work it is. What must hold inside is checked here. The last line says how many Ms there
// were in all.
//
// The modes "..._until_granted" go on until a thread has been made after all, which must happen by itself when the limit is
// lifted.
#include <mstart/mstart.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <string_view>

using namespace mstart;

namespace {

constexpr int kGs = 2000;
std::atomic<uint64_t> sum{0};

void work(int n) {
  uint64_t x = 1;
  for (int i = 0; i < 2000; ++i) x = x * 6364136223846793005U + 1442695040888963407U;
  sum.fetch_add(x != 0 ? static_cast<uint64_t>(n) : 0, std::memory_order_relaxed);
}

void expect(bool holds, std::string_view what) {
  if (!holds) fatal(what);
}

// Gs that park: chains of 100, each waits for the one that it has started.
void parking() {
  struct Chain {
    static void link(int n) {
      work(n);
      if ((n + 1) % 100 == 0) return;
      Scope next;
      next.go([n] { link(n + 1); });
    }
  };
  Scope scope;
  for (int n = 0; n < kGs; n += 100) scope.go([n] { Chain::link(n); });
}

// No G ever parks: they end, or give way.
void busy() {
  std::atomic<int> left = kGs;
  for (int n = 0; n < kGs; ++n) {
    go([n, &left] {
      work(n);
      if (n % 3 == 0) yield();
      left.fetch_sub(1, std::memory_order_release);
    });
  }
  while (left.load(std::memory_order_acquire) != 0) yield();
}

// Gs that keep their threads busy, and there is a P for each, until a birth is refused; then the rest of the work.
void crowd() {
  {
    Scope scope;
    for (int i = 0; i < procs(); ++i) {
      scope.go([] {
        while (stats().births_refused == 0) (void)raw_syscall(SYS_sched_yield);
      });
    }
  }
  parking();
}

template <class F>
void once(F&& all_work) {
  all_work();
  expect(sum == uint64_t{kGs} * (kGs - 1) / 2, "the Gs' sum is wrong");
}

template <class F>
void until_granted(F&& all_work) {
  const uint64_t ms = stats().ms_created;
  while (stats().ms_created == ms) all_work();
}

// The only M is never without work: Gs end, new ones come, and nothing else ever happens.
void busy_until_granted() {
  until_granted([] {
    for (int n = 0; n < 10; ++n) go([n] { work(n); });
    yield();
  });
}

// Gs lock their threads for a while, and others run in between.
void locking() {
  Scope scope;
  for (int n = 0; n < kGs; ++n) {
    scope.go([n] {
      const ThreadLock lock;
      work(n);
    });
  }
}

// The first thread's G gives way while it is locked. If no other thread can be made, it can still run itself.
void locked_yield() {
  std::atomic<bool> ran = false;
  {
    const ThreadLock lock;
    go([&] { ran = true; });
    for (int i = 0; i < 100; ++i) yield();
  }
  while (!ran) yield();
}

// The only thread is locked to a G that waits for another, so no G can ever run.
void locked_wait() {
  const ThreadLock lock;
  Scope scope;
  scope.go([] {});
}

// The same with a template thread that was made before: as soon as a thread can be had, the other G runs.
void locked_wait_until_granted() {
  {
    const ThreadLock lock;
  }
  rlimit64 limit{};
  expect(raw_syscall(SYS_prlimit64, 0, RLIMIT_NPROC, nullptr, &limit).ok(), "prlimit64");
  limit.rlim_cur = 1;
  expect(raw_syscall(SYS_prlimit64, 0, RLIMIT_NPROC, &limit, nullptr).ok(), "prlimit64");
  Scope scope;
  // As many Gs as keep all threads that there are, and one more that must run for them to go on.
  WaitGroup last_has_run;
  last_has_run.add(1);
  const int threads = num_m();
  std::atomic<int> locked = 0;
  for (int i = 0; i < threads; ++i) {
    scope.go([&] {
      const ThreadLock lock;
      if (locked.fetch_add(1) + 1 == threads) scope.go([&] { last_has_run.done(); });
      last_has_run.wait();
    });
  }
}

// All Gs lock their threads and wait for each other: more than there may be threads.
void locked_by_all() {
  constexpr int kThreads = 4;
  set_max_threads(kThreads);
  WaitGroup all;
  all.add(2 * kThreads);
  Scope scope;
  for (int i = 0; i < 2 * kThreads; ++i) {
    scope.go([&] {
      const ThreadLock lock;
      all.done();
      all.wait();
    });
  }
}

void max_threads() {
  set_max_threads(1);
  once(parking);
  expect(num_m() == 1, "there are more threads than set_max_threads allows");
  expect(stats().births_refused > 0, "no birth has been refused");
  expect(set_max_threads(100) == 1, "set_max_threads does not return the previous value");
  until_granted(parking);
}

void limit_memory(uint64_t bytes) {
  const rlimit64 limit{bytes, RLIM64_INFINITY};
  expect(raw_syscall(SYS_prlimit64, 0, RLIMIT_AS, &limit, nullptr).ok(), "prlimit64");
}
constexpr uint64_t kLittleMemory = uint64_t{64} << 20;

// Gs until there is no memory for another; then no memory for a thread either; then memory again.
void memory() {
  limit_memory(kLittleMemory);
  WaitGroup gate, ended;
  gate.add(1);
  int gs = 0;
  for (;; ++gs) {
    ended.add(1);
    const Result<void> r = try_go([&] {
      gate.wait();
      work(1);
      ended.done();
    });
    if (r) continue;
    expect(r.error() == Errno::not_enough_memory, "try_go fails for another reason than memory");
    ended.done();
    break;
  }
  expect(gs > 100, "too few Gs for the memory that there was");
  {
    const ThreadLock lock;
  }  // wants the template thread
  expect(num_m() == 1, "a thread without memory");
  gate.done();
  ended.wait();
  expect(sum == static_cast<uint64_t>(gs), "not every G that try_go has started has run");
  limit_memory(RLIM64_INFINITY);
  until_granted([] { const ThreadLock lock; });
}

void no_memory_for_go() {
  limit_memory(kLittleMemory);
  WaitGroup never;
  never.add(1);
  for (;;) go([&] { never.wait(); });
}

[[gnu::noinline]] int overflow(int depth) {
  volatile char page[4096];
  page[0] = static_cast<char>(depth);
  return depth == 0 ? 0 : overflow(depth + 1) + page[0];
}
void overflow_g() {
  Scope scope;
  scope.go([] { (void)overflow(1); });
}

struct Mode {
  std::string_view name;
  void (*run)();
};
constexpr Mode kModes[] = {
    {"parking", [] { once(parking); }},
    {"busy", [] { once(busy); }},
    {"crowd", [] { once(crowd); }},
    {"locking", [] { once(locking); }},
    {"parking_until_granted", [] { until_granted(parking); }},
    {"busy_until_granted", busy_until_granted},
    {"locked_yield", locked_yield},
    {"locked_wait", locked_wait},
    {"locked_wait_until_granted", locked_wait_until_granted},
    {"locked_by_all", locked_by_all},
    {"max_threads", max_threads},
    {"memory", memory},
    {"no_memory_for_go", no_memory_for_go},
    {"overflow", overflow_g},
};

}  // namespace

int main(int argc, char** argv) {
  for (const Mode& mode : kModes) {
    if (argc < 2 || mode.name != argv[1]) continue;
    mode.run();
    print("done, {} Ms, {} births refused\n", stats().ms_created, stats().births_refused);
    return 0;
  }
  fatal("refused: no such mode");
}
