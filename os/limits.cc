// SPDX-License-Identifier: MIT
// The files are small and of one kind: numbers, or lines of words. They are read by one read(2) each, into buffers on the
// stack, 6 KB of it in all. What does not fit is cut off, what is not there sets no limit.
//
// A limit holds for a cgroup and all that is in it, so every directory from the process's own up to the hierarchy's mount is
// asked. Inside a container /proc/self/cgroup may name a path that only the host can see: those directories are just not
// there, and the last one asked, the mount itself, is the container's own.
#include "os/limits.h"

namespace mstart::os {
namespace {

// The name of a file, put together.
class Path {
 public:
  [[gnu::noinline]] Path(const char* root, const char* path) {
    add(root);
    add(path);
  }
  const char* c_str() const { return data_; }
  size_t size() const { return size_; }
  void cut(size_t size) { data_[size_ = size] = 0; }
  // Up to the end of the line.
  [[gnu::noinline]] void add(const char* s) {
    while (*s != 0 && *s != '\n' && size_ < sizeof data_ - 1) data_[size_++] = *s++;
    data_[size_] = 0;
  }

 private:
  size_t size_ = 0;
  char data_[1024];
};

// The beginning of a file, and a null behind it.
void read_start(const Path& path, char* buffer, size_t size) {
  constexpr int kReadOnly = 0, kCloseOnExec = 02000000;
  size_t n = 0;
  const int fd = open(path.c_str(), kReadOnly | kCloseOnExec).value_or(-1);
  if (fd >= 0) {
    n = read(fd, buffer, size - 1).value_or(0);
    (void)close(fd);
  }
  buffer[n] = 0;
}

// Reads a number and moves on behind it; kUnlimited if there is none here: "max", "-1", the end.
int64_t next_number(const char*& s) {
  while (*s == ' ') ++s;
  if (*s < '0' || *s > '9') return kUnlimited;
  int64_t n = 0;
  for (; *s >= '0' && *s <= '9' && n < kUnlimited / 10; ++s) n = n * 10 + (*s - '0');
  return n;
}

// The number, or the first two, in a file of a directory.
int64_t number_in(Path& directory, const char* name, int64_t* second = nullptr) {
  char text[64];
  const size_t size = directory.size();
  directory.add(name);
  read_start(directory, text, sizeof text);
  directory.cut(size);
  const char* s = text;
  const int64_t first = next_number(s);
  if (second != nullptr) *second = next_number(s);
  return first;
}

// Behind the next `c`, or at the end.
const char* after(const char* s, char c) {
  while (*s != 0) {
    if (*s++ == c) break;
  }
  return s;
}

// Is `word` one of the words before `end`, which commas separate?
bool has_word(const char* s, const char* end, const char* word) {
  while (s < end) {
    const char* w = word;
    while (*w != 0 && *s == *w) ++s, ++w;
    if (*w == 0 && (*s == ',' || *s == ':')) return true;
    s = after(s, ',');
  }
  return false;
}

// Where the process's cgroup is in the hierarchy that has the controller: version 1's own for it, else version 2's, else
// null. The lines are "number:controllers:path", version 2's is "0::path".
const char* find_cgroup(const char* lines, const char* controller, bool* is_v1) {
  const char* v2 = nullptr;
  *is_v1 = true;
  for (; *lines != 0; lines = after(lines, '\n')) {
    const char* controllers = after(lines, ':');
    const char* path = after(controllers, ':');
    if (has_word(controllers, path, controller)) return path;
    if (*controllers == ':') v2 = path;
  }
  *is_v1 = false;
  return v2;
}

// Calls visit for the cgroup at `path` and for all above it, up to the hierarchy's mount.
using Visit = void (*)(Path& directory, void* arg);
void visit_up(Path directory, const char* path, Visit visit, void* arg) {
  const size_t mount = directory.size();
  directory.add(path);
  for (size_t size = directory.size(); size > mount + 1;) {  // "/" alone is the mount
    directory.cut(size);
    visit(directory, arg);
    do --size;
    while (size > mount && directory.c_str()[size] != '/');
  }
  directory.cut(mount);
  visit(directory, arg);
}

// For the process's cgroup in the hierarchy that has the controller. The mounts are where systemd, and every container
// engine, has them; version 2's is elsewhere if version 1 is there too.
void for_each_cgroup(const char* root, const char* controller, Visit visit, void* arg) {
  char lines[4096];
  read_start(Path(root, "/proc/self/cgroup"), lines, sizeof lines);
  bool is_v1;
  const char* path = find_cgroup(lines, controller, &is_v1);
  if (path == nullptr) return;
  Path mount(root, "/sys/fs/cgroup/");
  const size_t size = mount.size();
  mount.add(is_v1 ? controller : "unified");
  visit_up(mount, path, visit, arg);
  if (is_v1) return;
  mount.cut(size - 1);
  visit_up(mount, path, visit, arg);
}

void least_cpus(Path& directory, void* least) {
  int64_t period = 0;
  int64_t quota = number_in(directory, "/cpu.max", &period);
  if (quota == kUnlimited) {
    quota = number_in(directory, "/cpu.cfs_quota_us");
    period = number_in(directory, "/cpu.cfs_period_us");
  }
  if (quota == kUnlimited || period == kUnlimited || period == 0) return;
  const int64_t cpus = (quota - 1) / period + 1;
  auto& result = *static_cast<int64_t*>(least);
  if (cpus < result) result = cpus;
}

void least_room(Path& directory, void* limits) {
  const int64_t most = number_in(directory, "/pids.max");
  const int64_t now = number_in(directory, "/pids.current");
  auto& result = *static_cast<ThreadLimits*>(limits);
  if (now == kUnlimited || most - now >= result.pids_max - result.pids_current) return;
  result.pids_max = most;
  result.pids_current = now;
}

int affinity_cpus() {
  constexpr size_t kMostCpus = 8192;  // what kernels can be configured for
  unsigned long mask[kMostCpus / 8 / sizeof(long)] = {};
  const size_t words = sched_getaffinity(mask, sizeof mask).value_or(0) / sizeof(long);
  int n = 0;
  for (size_t i = 0; i < words; ++i) {
    for (unsigned long w = mask[i]; w != 0; w &= w - 1) ++n;
  }
  return n;
}

int64_t soft_limit(int resource) {
  Limit limit{};
  if (!getrlimit(resource, &limit) || limit.now > static_cast<uint64_t>(kUnlimited)) return kUnlimited;
  return static_cast<int64_t>(limit.now);
}

}  // namespace

int64_t cgroup_cpus(const char* root) {
  int64_t cpus = kUnlimited;
  for_each_cgroup(root, "cpu", least_cpus, &cpus);
  return cpus;
}

int usable_cpus(const char* root) {
  constexpr int kLeastQuota = 2;
  const int cpus = affinity_cpus();
  if (cpus <= kLeastQuota) return cpus > 0 ? cpus : 1;
  const int64_t quota = cgroup_cpus(root);
  if (quota >= cpus) return cpus;
  return quota > kLeastQuota ? static_cast<int>(quota) : kLeastQuota;
}

ThreadLimits thread_limits(const char* root) {
  constexpr int kNproc = 6, kAddressSpace = 9;  // RLIMIT_
  ThreadLimits limits;
  limits.nproc = soft_limit(kNproc);
  limits.address_space = soft_limit(kAddressSpace);
  for_each_cgroup(root, "pids", least_room, &limits);
  Path proc(root, "/proc");
  limits.threads_max = number_in(proc, "/sys/kernel/threads-max");
  limits.pid_max = number_in(proc, "/sys/kernel/pid_max");
  limits.max_map_count = number_in(proc, "/sys/vm/max_map_count");
  // "0.00 0.01 0.05 2/345 6789": three loads, threads that run, all threads, the last pid.
  char loadavg[64];
  proc.add("/loadavg");
  read_start(proc, loadavg, sizeof loadavg);
  const char* threads = after(loadavg, '/');
  if (*threads != 0) limits.threads_now = next_number(threads);
  return limits;
}

}  // namespace mstart::os
