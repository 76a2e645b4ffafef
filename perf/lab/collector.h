// SPDX-License-Identifier: MIT
// Where the kernel's moments come from. A collector watches one process at a time, from before its exec to its end, with all
// threads that it makes. Constructors throw std::runtime_error with the reason if this machine, or this user, cannot.
//
//   tracefs  root. Six tracepoints in an instance of its own, on the x86-tsc clock: the same counter as user space reads.
//   perf     anybody (perf_event_paranoid <= 2). FORK and SWITCH records, on CLOCK_MONOTONIC_RAW; two moments, not six.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "clock.h"
#include "join.h"

namespace threadlab {

class Collector {
 public:
  virtual ~Collector() = default;
  virtual std::string_view name() const = 0;
  virtual void attach(pid_t pid) = 0;
  virtual std::vector<int> fds() const { return {}; }  // when one is readable, drain() in time or lose events
  virtual void drain() {}
  // After the process has ended: its events, on the cycle counter; and how many were lost.
  virtual std::vector<KernelEvent> take(const Moment& start, uint64_t& lost) = 0;
};

inline constexpr std::string_view kTracefs = "/sys/kernel/tracing";

std::unique_ptr<Collector> collect_by_tracefs(const std::filesystem::path& root = kTracefs);
std::unique_ptr<Collector> collect_by_perf();

// Instances of runs that were killed; removes them if asked to. The names.
std::vector<std::string> stale_instances(const std::filesystem::path& root, bool remove);

// One line of the text of a trace; false: none of ours.
bool parse_trace_line(std::string_view line, KernelEvent& event);

// The records of a perf buffer, `data` being whole ones. Times are left in nanoseconds. Adds to `lost`.
std::vector<KernelEvent> parse_perf_records(std::string_view data, uint64_t& lost);

}  // namespace threadlab
