// SPDX-License-Identifier: MIT
// 1,000 parked Gs and nothing to do for S seconds (the argument; 10). Counted over all threads by
// getrusage: CPU time, and voluntary context switches, each of which a wake-up ends; the one that
// ends main's own sleep, which blocks its thread, is taken off. 6 seconds to settle come first: idle
// Ms leave after 5.
#include <sys/resource.h>
#include <sys/syscall.h>

#include <charconv>

#include "perf.h"

static void sleep_ms(int64_t ms) {
  struct {
    int64_t seconds, nanoseconds;
  } time = {ms / 1000, ms % 1000 * 1'000'000};
  mstart::raw_syscall(SYS_nanosleep, &time, &time).value();
}

static rusage usage() {
  rusage u;
  mstart::raw_syscall(SYS_getrusage, RUSAGE_SELF, &u).value();
  return u;
}

static int64_t cpu_us(const rusage& u) {
  return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1'000'000 + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

int main(int argc, char** argv) {
  int64_t settle_ms = 6000, seconds = 10;
  if (argc > 1) {
    const std::string_view text = argv[1];
    std::from_chars(text.data(), text.data() + text.size(), seconds);
  }
  if (has_option(argc, argv, "--quick")) settle_ms = 100, seconds = 1;
  mstart::WaitGroup parked, never;
  never.add(1);
  parked.add(1000);
  for (int i = 0; i < 1000; ++i) {
    mstart::go([&] {
      parked.done();
      never.wait();
    });
  }
  parked.wait();
  sleep_ms(settle_ms);
  const rusage before = usage();
  sleep_ms(seconds * 1000);
  const rusage after = usage();
  mstart::print(R"({{"bench":"idle","peer":"mstart","seconds":{},"cpu_us":{},"wakeups":{}}})"
                "\n",
                seconds, cpu_us(after) - cpu_us(before), after.ru_nvcsw - before.ru_nvcsw - 1);
}
