// SPDX-License-Identifier: MIT
// threadlab doctor: tries each thing that a measurement needs, and where it cannot be had says why, and what would help.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "collector.h"
#include "commands.h"
#include "process.h"
#include "subject.h"

namespace threadlab {
namespace {

struct Finding {
  bool good;
  std::string what, remedy;
};

// Do the counters of two CPUs agree? A thread that goes to and fro between them must never see time go backwards.
Finding counters_agree() {
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof allowed, &allowed);
  uint64_t last = 0, backwards = 0;
  std::thread([&] {
    for (int turn = 0; turn < 50; ++turn) {
      for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed)) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        sched_setaffinity(0, sizeof one, &one);
        const uint64_t now = lab_ticks();
        backwards += now < last;
        last = now;
      }
    }
  }).join();
  return {backwards == 0,
          fmt::format("the counters of {} CPUs agree: {} steps backwards", CPU_COUNT(&allowed), backwards),
          "stay on one CPU: --cpu same, or taskset"};
}

Finding clock_is_steady() {
  const Environment all = environment();
  const auto tsc = std::find_if(all.begin(), all.end(), [](const auto& e) { return e.first == "tsc"; });
  const Fit fit = fit_since(now());
  return {tsc->second.find("not ") == std::string::npos,
          fmt::format("cycle counter: {}; {:.4f} GHz, off by {:.0f} ns at most", tsc->second, 1 / fit.ns_per_tick,
                      fit.error_ns),
          "without a constant rate times are wrong by as much as the rate changes: fix the CPU's frequency"};
}

Finding tracefs_works(const std::filesystem::path& root) try {
  (void)collect_by_tracefs(root);
  return {true, fmt::format("the kernel's six moments, by tracefs in {}", root.string()), ""};
} catch (const std::runtime_error& error) {
  return {false, fmt::format("the kernel's six moments, by tracefs: {}", error.what()),
          geteuid() == 0 ? "mount -t tracefs tracefs /sys/kernel/tracing; a kernel with CONFIG_FTRACE_SYSCALLS"
                         : "run it as root; without, perf gives two of the six"};
}

Finding perf_works() try {
  (void)collect_by_perf();
  return {true,
          fmt::format("two of the kernel's moments without root, by perf_event_open (perf_event_paranoid {})",
                      read_line("/proc/sys/kernel/perf_event_paranoid")),
          ""};
} catch (const std::runtime_error& error) {
  return {false, fmt::format("the kernel's moments without root: {}", error.what()),
          "sysctl kernel.perf_event_paranoid=2"};
}

Finding subject_is_built(const Subject& subject) {
  const bool there = access(program_of(subject).c_str(), X_OK) == 0;
  return {there, fmt::format("subject {}: {}", subject.name, there ? subject.work : "has not been built"),
          subject.needs.empty() ? "./dev lab builds it"
                                : fmt::format("install {} (./dev lab does), and build again", subject.needs)};
}

Finding enough_cpus() {
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof allowed, &allowed);
  return {CPU_COUNT(&allowed) > 1, fmt::format("{} CPUs may be used", CPU_COUNT(&allowed)),
          "with one, only --cpu same can be measured"};
}

Finding quiet_now() {
  NoiseMeter meter;
  for (int i = 0; i < 20; ++i) meter.between_rounds();
  const NoiseSummary noise = meter.summary(Plan{}.noise_limit);
  return {!noise.noisy(), noise.text(), "let nothing else run"};
}

}  // namespace

std::string doctor(const std::filesystem::path& tracefs, const Style& style) {
  std::vector<Finding> findings = {clock_is_steady(), counters_agree(), enough_cpus()};
  for (const std::string& name : stale_instances(tracefs, false))
    findings.push_back({false, fmt::format("tracefs: {} is left over from a run that was killed", name),
                        "the next run as root removes it"});
  findings.push_back(tracefs_works(tracefs));
  findings.push_back(perf_works());
  for (const Subject& subject : subjects()) findings.push_back(subject_is_built(subject));
  findings.push_back(quiet_now());
  std::string out;
  for (const Finding& f : findings) {
    const char* mark = f.good ? "yes" : "NO ";
    const char *colour = !style.colour ? "" : f.good ? "\033[32m" : "\033[31m", *plain = style.colour ? "\033[0m" : "";
    out += fmt::format("{}{}{}  {}\n", colour, mark, plain, f.what);
    if (!f.good) out += fmt::format("       would help: {}\n", f.remedy);
  }
  out += "environment:\n";
  for (const auto& [key, value] : environment()) out += fmt::format("  {:<20} {}\n", key, value);
  return out;
}

}  // namespace threadlab
