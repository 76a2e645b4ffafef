// SPDX-License-Identifier: MIT
// Timers. --start-stop: one operation makes an after_func timer of an hour and stops it, by 100, beside 1,000 that are
// pending. --sleep: how late sleep_for(50 us) returns, one G alone. --many: 100,000 Gs, each of which sleeps until its own time
// within 100 ms, those of all spread evenly; CPU time of the whole, for each.
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <vector>

#include "perf.h"

using namespace mstart;
using namespace std::chrono_literals;

static void start_stop(int64_t n) {
  std::vector<Timer> pending, batch(100);
  for (int i = 0; i < 1000; ++i) pending.push_back(after_func(2h, [] {}));
  const TimePoint start = Clock::now();
  for (int64_t i = 0; i < n; i += 100) {
    for (Timer& t : batch) t = after_func(1h, [] {});
    for (const Timer& t : batch) t.stop();
  }
  const Duration took = Clock::now() - start;
  for (const Timer& t : pending) t.stop();
  print_per_op("timer", n, took.count());
}

static void sleep_late(int64_t n) {
  std::vector<int64_t> late;
  for (int64_t i = 0; i < n; ++i) {
    const TimePoint until = Clock::now() + 50us;
    sleep_for(50us);
    late.push_back((Clock::now() - until).count());
  }
  std::sort(late.begin(), late.end());
  print(
      R"({{"bench":"sleep","peer":"mstart","clock":"monotonic","n":{},"p50_ns":{},"p90_ns":{},"p99_ns":{},"max_ns":{}}})"
      "\n",
      n, late[static_cast<size_t>(n / 2)], late[static_cast<size_t>(n * 9 / 10)],
      late[static_cast<size_t>(n * 99 / 100)], late.back());
}

static Duration cpu_time() {
  rusage u;
  raw_syscall(SYS_getrusage, RUSAGE_SELF, &u).value();
  return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1s + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1us;
}

static void many(int64_t n) {
  for (const bool warm : {false, true}) {
    const Duration before = cpu_time();
    const TimePoint start = Clock::now();
    Scope scope;
    for (int64_t i = 0; i < n; ++i) scope.go([=] { sleep_until(start + 100ms + i * 7919 % n * 100ms / n); });
    scope.wait();
    if (warm) print_per_op("sleepers", n, (cpu_time() - before).count());
  }
}

int main(int argc, char** argv) {
  const bool quick = has_option(argc, argv, "--quick");
  if (has_option(argc, argv, "--sleep")) return sleep_late(quick ? 100 : 5000), 0;
  if (has_option(argc, argv, "--many")) return many(quick ? 1000 : 100'000), 0;
  start_stop(quick ? 10'000 : 2'000'000);
}
