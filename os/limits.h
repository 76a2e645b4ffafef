// SPDX-License-Identifier: MIT
// What limits the number of CPUs and threads of this process: affinity, cgroups (versions 1 and 2), rlimits, sysctls.
//
// `root` stands before the names of the files that are read, so that a test can bring its own /proc and /sys. What cannot be
// read sets no limit. No function here is for the start of a program: each reads a handful of files.
#pragma once

#include <cstdint>

#include "os/sys.h"

namespace mstart::os {

inline constexpr int64_t kUnlimited = INT64_MAX;

// CPUs that the process can use at once: those of the affinity mask (sched_getaffinity(2)), but no more than its cgroups
// grant, and of those at least 2 (as Go 1.25). At least 1.
int usable_cpus(const char* root = "");

// How many CPUs' time the process's cgroup and those above it grant, rounded up: cpu.max, or cpu.cfs_quota_us by
// cpu.cfs_period_us in version 1. kUnlimited: no quota.
int64_t cgroup_cpus(const char* root = "");

// Everything that can refuse a thread; kUnlimited where there is no limit.
struct ThreadLimits {
  int64_t nproc = kUnlimited;          // RLIMIT_NPROC, per user; root and CAP_SYS_RESOURCE are exempt
  int64_t pids_max = kUnlimited;       // pids.max of that cgroup, from the process's own up, which has the least room
  int64_t pids_current = 0;            // how many there are in that one
  int64_t threads_max = kUnlimited;    // kernel.threads-max
  int64_t pid_max = kUnlimited;        // kernel.pid_max
  int64_t threads_now = 0;             // in the whole system, from /proc/loadavg
  int64_t max_map_count = kUnlimited;  // vm.max_map_count
  int64_t address_space = kUnlimited;  // RLIMIT_AS, bytes
};
ThreadLimits thread_limits(const char* root = "");

}  // namespace mstart::os
