// SPDX-License-Identifier: MIT
// What limits the number of CPUs and threads, read from made-up /proc and /sys trees.
#include "os/limits.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

using mstart::os::kUnlimited;
using mstart::os::ThreadLimits;

namespace {

class Tree {
 public:
  Tree() {
    char name[] = "/tmp/mstart-limits-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    root_ = name;
  }
  ~Tree() { std::filesystem::remove_all(root_); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  Tree& file(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root_ + path).substr(0, (root_ + path).rfind('/')));
    std::ofstream(root_ + path) << text;
    return *this;
  }
  int64_t cpus() const { return mstart::os::cgroup_cpus(root_.c_str()); }
  int usable() const { return mstart::os::usable_cpus(root_.c_str()); }
  ThreadLimits limits() const { return mstart::os::thread_limits(root_.c_str()); }

 private:
  std::string root_;
};

const std::string kCgroup = "/proc/self/cgroup", kMount = "/sys/fs/cgroup";

int affinity() {
  cpu_set_t set;
  REQUIRE(sched_getaffinity(0, sizeof set, &set) == 0);
  return CPU_COUNT(&set);
}

}  // namespace

TEST_CASE("nothing that can be read sets no limit") {
  const Tree tree;
  CHECK(tree.cpus() == kUnlimited);
  CHECK(tree.usable() == affinity());
  const ThreadLimits limits = tree.limits();
  CHECK(limits.pids_max == kUnlimited);
  CHECK(limits.pids_current == 0);
  CHECK(limits.threads_max == kUnlimited);
  CHECK(limits.pid_max == kUnlimited);
  CHECK(limits.threads_now == 0);
  CHECK(limits.max_map_count == kUnlimited);
}

TEST_CASE("the kernel's own files are understood") {
  CHECK(mstart::os::usable_cpus() >= 1);
  CHECK(mstart::os::usable_cpus() <= affinity());
  const ThreadLimits limits = mstart::os::thread_limits();
  CHECK(limits.threads_max < kUnlimited);
  CHECK(limits.pid_max > limits.threads_now);
  CHECK(limits.threads_now > 0);
  CHECK(limits.max_map_count > 1000);
}

TEST_CASE("cgroup version 2: the least quota from the process's own cgroup up, rounded up") {
  Tree tree;
  tree.file(kCgroup, "0::/a.slice/b.scope\n").file(kMount + "/a.slice/b.scope/cpu.max", "max 100000\n");
  CHECK(tree.cpus() == kUnlimited);
  tree.file(kMount + "/a.slice/b.scope/cpu.max", "400000 100000\n");
  CHECK(tree.cpus() == 4);
  tree.file(kMount + "/a.slice/cpu.max", "250000 100000\n");
  CHECK(tree.cpus() == 3);
  tree.file(kMount + "/cpu.max", "1000 100000\n");
  CHECK(tree.cpus() == 1);
}

TEST_CASE("a quota below 2 CPUs leaves 2, no quota gives more than the affinity mask") {
  Tree tree;
  tree.file(kCgroup, "0::/\n").file(kMount + "/cpu.max", "50000 100000\n");
  CHECK(tree.usable() == std::min(2, affinity()));
  tree.file(kMount + "/cpu.max", "900000000 100000\n");
  CHECK(tree.usable() == affinity());
}

TEST_CASE("cgroup version 1: the controller's own hierarchy, whatever it is mounted with") {
  Tree tree;
  tree.file(kCgroup, "12:cpuset:/x\n7:cpuacct,cpu:/a/b\n3:pids:/p\n1:name=systemd:/s\n0::/unified\n")
      .file(kMount + "/cpu/a/b/cpu.cfs_quota_us", "-1\n")
      .file(kMount + "/cpu/a/b/cpu.cfs_period_us", "100000\n")
      .file(kMount + "/cpuset/x/cpu.cfs_quota_us", "100000\n")
      .file(kMount + "/cpuset/x/cpu.cfs_period_us", "100000\n")
      .file(kMount + "/pids/p/pids.max", "20\n")
      .file(kMount + "/pids/p/pids.current", "7\n");
  CHECK(tree.cpus() == kUnlimited);
  tree.file(kMount + "/cpu/a/cpu.cfs_quota_us", "750000\n").file(kMount + "/cpu/a/cpu.cfs_period_us", "250000\n");
  CHECK(tree.cpus() == 3);
  CHECK(tree.limits().pids_max == 20);
  CHECK(tree.limits().pids_current == 7);
}

TEST_CASE("inside a container the path may not exist: the mount itself is the container's cgroup") {
  Tree v1, v2;
  v1.file(kCgroup, "4:pids:/docker/0123\n2:cpu,cpuacct:/docker/0123\n")
      .file(kMount + "/cpu/cpu.cfs_quota_us", "600000\n")
      .file(kMount + "/cpu/cpu.cfs_period_us", "100000\n")
      .file(kMount + "/pids/pids.max", "64\n")
      .file(kMount + "/pids/pids.current", "64\n");
  CHECK(v1.cpus() == 6);
  CHECK(v1.limits().pids_max == 64);
  CHECK(v1.limits().pids_current == 64);
  v2.file(kCgroup, "0::/../../elsewhere\n").file(kMount + "/cpu.max", "600000 100000\n");
  CHECK(v2.cpus() == 6);
}

TEST_CASE("both versions at once: version 2 is mounted elsewhere, and has what version 1 does not have") {
  Tree tree;
  tree.file(kCgroup, "3:cpu,cpuacct:/a\n0::/u\n")
      .file(kMount + "/cpu/a/cpu.cfs_quota_us", "300000\n")
      .file(kMount + "/cpu/a/cpu.cfs_period_us", "100000\n")
      .file(kMount + "/unified/u/pids.max", "9\n")
      .file(kMount + "/unified/u/pids.current", "1\n");
  CHECK(tree.cpus() == 3);
  CHECK(tree.limits().pids_max == 9);
}

TEST_CASE("pids.max: the cgroup with the least room, with the count that goes with it") {
  Tree tree;
  tree.file(kCgroup, "0::/a/b/c\n")
      .file(kMount + "/a/b/c/pids.max", "50\n")
      .file(kMount + "/a/b/c/pids.current", "10\n")
      .file(kMount + "/a/b/pids.max", "max\n")
      .file(kMount + "/a/b/pids.current", "11\n")
      .file(kMount + "/a/pids.max", "100\n")
      .file(kMount + "/a/pids.current", "99\n");
  CHECK(tree.limits().pids_max == 100);
  CHECK(tree.limits().pids_current == 99);
  tree.file(kMount + "/a/b/c/pids.max", "10\n");
  CHECK(tree.limits().pids_max == 10);
  CHECK(tree.limits().pids_current == 10);
}

TEST_CASE("sysctls and loadavg") {
  Tree tree;
  tree.file("/proc/sys/kernel/threads-max", "63474\n")
      .file("/proc/sys/kernel/pid_max", "4194304\n")
      .file("/proc/sys/vm/max_map_count", "65530\n")
      .file("/proc/loadavg", "0.52 0.58 0.59 3/1204 81234\n");
  const ThreadLimits limits = tree.limits();
  CHECK(limits.threads_max == 63474);
  CHECK(limits.pid_max == 4194304);
  CHECK(limits.max_map_count == 65530);
  CHECK(limits.threads_now == 1204);
}

TEST_CASE("rlimits") {
  rlimit old{};
  REQUIRE(getrlimit(RLIMIT_NPROC, &old) == 0);
  const rlimit tight{std::min<rlim_t>(5000, old.rlim_max), old.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NPROC, &tight) == 0);
  CHECK(mstart::os::thread_limits().nproc == static_cast<int64_t>(tight.rlim_cur));
  REQUIRE(setrlimit(RLIMIT_NPROC, &old) == 0);
}

TEST_CASE("names that are too long, and lines that make no sense, limit nothing and break nothing") {
  Tree tree;
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "/0123456789";
  tree.file(kCgroup, "0::" + deep + "\n").file(kMount + "/cpu.max", "600000 100000\n");
  CHECK(tree.cpus() == 6);
  for (const char* text : {"", "\n", "0", "0:", "0::", ":::::\n", "x:cpu\n", "1:cpu:", "1:cpu,", "\n\n0::/\n\n"}) {
    tree.file(kCgroup, text);
    CHECK((tree.cpus() == 6 || tree.cpus() == kUnlimited));
  }
  tree.file(kCgroup, "0::/\n");
  for (const char* text : {"", "max", "max 0", "-5 100000", "x", "100000", "100000 0", "100000 max"}) {
    tree.file(kMount + "/cpu.max", text);
    CHECK(tree.cpus() == kUnlimited);
  }
  tree.file(kMount + "/cpu.max", "99999999999999999999999 1");
  CHECK(tree.cpus() > 1'000'000);
}
