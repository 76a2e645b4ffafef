// SPDX-License-Identifier: MIT
// Reads what /proc and /sys tell anybody.
#include "environment.h"

#include <fmt/format.h>
#include <mstart/version.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <fstream>

namespace threadlab {
namespace {

std::string cpuinfo(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) return line.substr(line.find(':') + 2);
  }
  return "";
}

bool has_flag(const std::string& flags, const std::string& flag) {
  return fmt::format(" {} ", flags).find(fmt::format(" {} ", flag)) != std::string::npos;
}

std::string utc() {
  const time_t now = time(nullptr);
  char text[32];
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
  return text;
}

// Of "always [madvise] never" the one in brackets.
std::string chosen(const std::string& line) {
  const size_t open = line.find('['), close = line.find(']');
  return open == line.npos || close == line.npos ? line : line.substr(open + 1, close - open - 1);
}

}  // namespace

std::string read_line(const std::string& file) {
  std::string line;
  std::getline(std::ifstream(file), line);
  return line;
}

Environment environment() {
  utsname kernel{};
  uname(&kernel);
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof allowed, &allowed);
  const std::string flags = cpuinfo("flags");
  double load[1] = {0};
  (void)getloadavg(load, 1);
  Environment e = {
      {"threadlab", fmt::format("{}.{}.{}", MSTART_VERSION_MAJOR, MSTART_VERSION_MINOR, MSTART_VERSION_PATCH)},
      {"date", utc()},
      {"kernel", fmt::format("{} {} {}", kernel.release, kernel.version, kernel.machine)},
      {"cpu", cpuinfo("model name")},
      {"cpus", fmt::format("{} of {}", CPU_COUNT(&allowed), sysconf(_SC_NPROCESSORS_ONLN))},
      {"hypervisor", has_flag(flags, "hypervisor") ? "yes" : "no"},
      {"tsc", fmt::format("{}constant, {}nonstop", has_flag(flags, "constant_tsc") ? "" : "not ",
                          has_flag(flags, "nonstop_tsc") ? "" : "not ")},
      {"clocksource", read_line("/sys/devices/system/clocksource/clocksource0/current_clocksource")},
      {"preemption", chosen(read_line("/sys/kernel/debug/sched/preempt"))},
      {"governor", read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")},
      {"cpuidle", read_line("/sys/devices/system/cpu/cpuidle/current_driver")},
      {"huge pages", chosen(read_line("/sys/kernel/mm/transparent_hugepage/enabled"))},
      {"perf_event_paranoid", read_line("/proc/sys/kernel/perf_event_paranoid")},
      {"kernel command line", read_line("/proc/cmdline")},
      {"load", fmt::format("{:.2f}", load[0])},
      {"user", geteuid() == 0 ? "root" : fmt::format("{}", geteuid())},
  };
  for (auto& [key, value] : e) {
    if (value.empty()) value = "not known";
  }
  return e;
}

}  // namespace threadlab
