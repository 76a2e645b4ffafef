// SPDX-License-Identifier: MIT
// The kernel's tracepoints through tracefs, in an instance of our own, so that nobody else's tracing is disturbed: it has its
// buffers, its clock, its set of threads (set_event_pid with event-fork: the process and all that come of it). It is on only
// while a process is traced: enabled system call tracepoints slow every system call of the machine. The instance is named
// after our pid and is removed by the destructor, which an interrupt runs too; one whose owner is gone is removed at the
// next start.
//
// Some virtual machines' kernels (seen on Linux 6.18 under PVM) report no sched_switch out of a secondary CPU's idle thread, to
// any tracer of tracefs, and do not count it as lost. A birth on such a CPU has no sched_switch, and its time on the run queue
// is in the phase that the next moment ends.
#include <fmt/format.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "collector.h"

namespace threadlab {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "threadlab-";
constexpr std::string_view kEvents[] = {
    "syscalls/sys_enter_clone", "syscalls/sys_enter_clone3", "syscalls/sys_exit_clone", "syscalls/sys_exit_clone3",
    "task/task_newtask",        "sched/sched_process_fork",  "sched/sched_wakeup_new",  "sched/sched_switch"};
constexpr int kBufferKiloBytes = 8192;  // for each CPU: some 10,000 births

void put(const fs::path& file, std::string_view text) {
  std::ofstream out(file);
  out << text << std::flush;
  if (!out) throw std::runtime_error(fmt::format("cannot write {}", file.string()));
}

// The number behind the last `key` of text, or 0.
uint32_t number_after(std::string_view text, std::string_view key) {
  uint32_t value = 0;
  const size_t at = text.rfind(key);
  if (at != text.npos) std::from_chars(text.data() + at + key.size(), text.data() + text.size(), value);
  return value;
}

class Tracefs final : public Collector {
 public:
  explicit Tracefs(const fs::path& root)
      : root_(root), instance_(root / "instances" / fmt::format("{}{}", kPrefix, getpid())) {
    std::error_code error;
    if (!fs::exists(root / "instances", error) &&
        root == kTracefs)  // nobody has needed it since the machine was started
      (void)mount("tracefs", root.c_str(), "tracefs", 0, nullptr);
    std::string clocks;
    std::getline(std::ifstream(root / "trace_clock"), clocks);
    if (clocks.find("x86-tsc") == clocks.npos)
      throw std::runtime_error(
          clocks.empty() ? fmt::format("{} cannot be read: it is for root, where tracefs is mounted", root.string())
                         : "the kernel has no trace clock x86-tsc");
    (void)stale_instances(root, true);
    if (!fs::create_directory(instance_, error))
      throw std::runtime_error(fmt::format("cannot make {}: {}", instance_.string(), error.message()));
    try {
      set_up();
    } catch (...) {
      tear_down();
      throw;
    }
  }
  ~Tracefs() override { tear_down(); }

  std::string_view name() const override { return "tracefs"; }

  void attach(pid_t pid) override {
    put(instance_ / "trace", "");
    put(instance_ / "set_event_pid", fmt::format("{}", pid));
    for (const std::string_view event : kEvents) put(instance_ / "events" / event / "enable", "1");
    put(instance_ / "tracing_on", "1");
  }

  std::vector<KernelEvent> take(const Moment&, uint64_t& lost) override {
    put(instance_ / "tracing_on", "0");
    put(instance_ / "events/enable", "0");
    std::vector<KernelEvent> events;
    std::ifstream trace(instance_ / "trace");
    for (std::string line; std::getline(trace, line);) {
      KernelEvent event;
      if (parse_trace_line(line, event)) events.push_back(event);
    }
    for (const auto& cpu : fs::directory_iterator(instance_ / "per_cpu")) {
      std::stringstream stats;
      stats << std::ifstream(cpu.path() / "stats").rdbuf();
      lost += number_after(stats.str(), "\noverrun: ") + number_after(stats.str(), "\ndropped events: ");
    }
    put(instance_ / "trace", "");
    return events;
  }

 private:
  void set_up() {
    put(instance_ / "tracing_on", "0");
    put(instance_ / "trace_clock", "x86-tsc");
    put(instance_ / "buffer_size_kb", fmt::format("{}", kBufferKiloBytes));
    put(instance_ / "options/event-fork", "1");
    for (const std::string_view event : kEvents) {
      if (!fs::exists(instance_ / "events" / event))
        throw std::runtime_error(fmt::format("the kernel has no tracepoint {}", event));
    }
  }

  // Disables its events, too. The kernel refuses while a file of it is open: none is here.
  void tear_down() noexcept { rmdir(instance_.c_str()); }

  fs::path root_, instance_;
};

}  // namespace

std::unique_ptr<Collector> collect_by_tracefs(const fs::path& root) { return std::make_unique<Tracefs>(root); }

std::vector<std::string> stale_instances(const fs::path& root, bool remove) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root / "instances", error)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(kPrefix)) continue;
    const auto owner = static_cast<pid_t>(number_after(name, kPrefix));
    if (owner == 0 || kill(owner, 0) == 0 || errno != ESRCH) continue;
    if (!remove || rmdir(entry.path().c_str()) == 0) names.push_back(name);
  }
  return names;
}

// "   comm-PID     [001] d..2. TICKS: sched_switch: prev_comm=..." or, for system calls, "...: sys_clone(clone_flags: ..."
// and "...: sys_clone -> 0x0". A comm may hold anything, so what follows one is looked for from the end.
bool parse_trace_line(std::string_view line, KernelEvent& event) {
  const size_t bracket = line.find(" [");
  if (line.empty() || line[0] == '#' || bracket == line.npos) return false;
  const std::string_view who = line.substr(0, line.find_last_not_of(' ', bracket) + 1);
  const size_t dash = who.rfind('-');
  const size_t colon = line.find(": ", bracket);
  if (dash == who.npos || colon == line.npos) return false;
  const size_t space = line.rfind(' ', colon);
  const auto parse = [](std::string_view text, auto& value) {
    return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc();
  };
  if (!parse(who.substr(dash + 1), event.actor) || !parse(line.substr(space + 1, colon - space - 1), event.ticks))
    return false;
  const std::string_view what = line.substr(colon + 2);
  if (what.starts_with("sys_clone(") || what.starts_with("sys_clone3(")) {
    event.moment = At::sys_enter;
    event.child = 0;
    return true;
  }
  if (what.starts_with("sys_clone -> 0x0") || what.starts_with("sys_clone3 -> 0x0")) {
    event.moment = At::sys_exit;
    event.child = event.actor;
    return what.ends_with("0x0");  // the newborn's; the creator's returns a tid
  }
  constexpr struct {
    std::string_view name, key;
    At moment;
  } kKinds[] = {{"task_newtask: ", "pid=", At::task_newtask},
                {"sched_process_fork: ", " child_pid=", At::process_fork},
                {"sched_wakeup_new: ", " pid=", At::wakeup_new},
                {"sched_switch: ", " next_pid=", At::switch_in}};
  for (const auto& kind : kKinds) {
    if (!what.starts_with(kind.name)) continue;
    event.moment = kind.moment;
    event.child = kind.moment == At::task_newtask ? number_after(what.substr(0, what.find(" comm=")), kind.key)
                                                  : number_after(what, kind.key);
    return event.child != 0;  // 0: the idle thread
  }
  return false;
}

}  // namespace threadlab
