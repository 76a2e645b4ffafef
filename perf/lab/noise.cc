// SPDX-License-Identifier: MIT
// The two meters.
#include "noise.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include "subject.h"

namespace threadlab {
namespace {

// Of the ticks between two readings; this much more than reading takes is a jump.
constexpr double kJump = 20;

double lost_here(double ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double, std::milli>(ms);
  uint64_t least = UINT64_MAX, lost = 0, first = lab_ticks(), last = first;
  do {
    for (int i = 0; i < 1000; ++i) {
      const uint64_t now = lab_ticks(), took = now - last;
      least = std::min(least, took);
      if (static_cast<double>(took) > kJump * static_cast<double>(least)) lost += took;
      last = now;
    }
    // Reading the clock is a jump, too, but not a loss.
    const bool over = std::chrono::steady_clock::now() >= end;
    last = lab_ticks();
    if (over) break;
  } while (true);
  return static_cast<double>(lost) / static_cast<double>(last - first);
}

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

}  // namespace

double hiccup_share(double ms) {
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<std::thread> threads;
  std::vector<double> lost(CPU_SETSIZE, 0);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    threads.emplace_back([cpu, ms, &lost] {
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(cpu, &one);
      pthread_setaffinity_np(pthread_self(), sizeof one, &one);
      lost[static_cast<size_t>(cpu)] = lost_here(ms);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return *std::max_element(lost.begin(), lost.end());
}

NoiseMeter::NoiseMeter() : start_(usage()) {}

void NoiseMeter::between_rounds() { lost_.push_back(hiccup_share(10)); }

NoiseMeter::Usage NoiseMeter::usage() {
  Usage usage;
  std::ifstream stat("/proc/stat");
  std::string cpu;
  double user, nice, system, idle, iowait, irq, softirq, steal;
  if (stat >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal) {
    const auto hz = static_cast<double>(sysconf(_SC_CLK_TCK));
    usage.busy = (user + nice + system + irq + softirq + steal) / hz;
    usage.steal = steal / hz;
    usage.all = usage.busy + (idle + iowait) / hz;
  }
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage ours;
    getrusage(who, &ours);
    usage.ours += seconds(ours.ru_utime) + seconds(ours.ru_stime);
  }
  return usage;
}

NoiseSummary NoiseMeter::summary(double limit) const {
  const Usage end = usage();
  NoiseSummary summary;
  summary.limit = limit;
  if (const double all = end.all - start_.all; all > 0) {
    summary.others = std::clamp((end.busy - start_.busy - (end.ours - start_.ours)) / all, 0.0, 1.0);
    summary.steal = (end.steal - start_.steal) / all;
  }
  if (!lost_.empty()) {
    std::vector<double> sorted = lost_;
    std::sort(sorted.begin(), sorted.end());
    summary.hiccups = sorted[sorted.size() / 2];
  }
  return summary;
}

std::string NoiseSummary::text() const {
  std::string line = fmt::format("hiccups {:.1f} %, others' load {:.1f} %, of it stolen {:.1f} % (limit {:.0f} %)",
                                 100 * hiccups, 100 * others, 100 * steal, 100 * limit);
  if (out_of_order != 0) line += fmt::format(", {} births with moments out of order", out_of_order);
  return fmt::format("{}: {}", noisy() ? "NOISY" : "quiet", line);
}

}  // namespace threadlab
