// SPDX-License-Identifier: MIT
// A tracer of system call entries.
#include "count.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace threadlab {
namespace {

std::string name_of(uint64_t number) {
  static const std::map<uint64_t, std::string_view> names = {
      {SYS_clone, "clone"},
      {SYS_clone3, "clone3"},
      {SYS_mmap, "mmap"},
      {SYS_munmap, "munmap"},
      {SYS_mprotect, "mprotect"},
      {SYS_madvise, "madvise"},
      {SYS_brk, "brk"},
      {SYS_rt_sigprocmask, "rt_sigprocmask"},
      {SYS_sigaltstack, "sigaltstack"},
      {SYS_rt_sigaction, "rt_sigaction"},
      {SYS_rseq, "rseq"},
      {SYS_set_robust_list, "set_robust_list"},
      {SYS_set_tid_address, "set_tid_address"},
      {SYS_gettid, "gettid"},
      {SYS_futex, "futex"},
      {SYS_membarrier, "membarrier"},
      {SYS_sched_getaffinity, "sched_getaffinity"},
      {SYS_sched_yield, "sched_yield"},
      {SYS_prctl, "prctl"},
      {SYS_nanosleep, "nanosleep"},
      {SYS_clock_nanosleep, "clock_nanosleep"},
      {SYS_getrusage, "getrusage"},
  };
  const auto at = names.find(number);
  return at != names.end() ? std::string(at->second) : fmt::format("call {}", number);
}

struct Counted {
  uint32_t creator = 0, newborn = 0;
  std::string names;
};

class Tracer {
 public:
  explicit Tracer(const Memory& memory) : lab_(memory.shared()), births_(lab_.births) {}

  // Until the process has ended, which is waited for. False: it did not stop for us.
  bool run(pid_t process) {
    int status;
    if (waitpid(process, &status, 0) != process || !WIFSTOPPED(status)) return false;  // it ran, untraced
    constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    (void)ptrace(PTRACE_SETOPTIONS, process, nullptr, kOptions);  // cannot fail: it is stopped, and ours
    go_on(process, 0);
    for (pid_t tid; (tid = waitpid(-1, &status, __WALL)) > 0;) {
      if (!WIFSTOPPED(status)) {
        if (tid == process) return true;
        continue;
      }
      const int signal = WSTOPSIG(status);
      if (signal == (SIGTRAP | 0x80)) {
        at_call(tid);
        go_on(tid, 0);
      } else {  // events and the stop that every new thread begins with are ours; other signals are the subject's
        go_on(tid, signal == SIGTRAP || signal == SIGSTOP ? 0 : signal);
      }
    }
    return false;
  }

  std::vector<Counted> births() const { return births_; }

 private:
  static void go_on(pid_t tid, int signal) {
    (void)ptrace(PTRACE_SYSCALL, tid, nullptr,
                 static_cast<long>(signal));  // a thread that was killed meanwhile is gone
  }

  void at_call(pid_t tid) {
    __ptrace_syscall_info info{};
    if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info) <= 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY) return;
    const uint32_t current = __atomic_load_n(&lab_.current, __ATOMIC_ACQUIRE);
    if (current >= births_.size()) return;
    const lab_birth& birth = lab_births(&lab_)[current];
    if (birth.begin == 0 || birth.end != 0) return;
    Counted& counted = births_[current];
    const bool creator = static_cast<uint32_t>(tid) == birth.creator_tid;
    if (creator && birth.created != 0) return;
    ++(creator ? counted.creator : counted.newborn);
    const std::string name = name_of(info.entry.nr);
    counted.names += fmt::format("{}{}", counted.names.empty() ? "" : " ", creator ? name : fmt::format("({})", name));
  }

  lab& lab_;
  std::vector<Counted> births_;
};

}  // namespace

std::optional<Calls> count_calls(const Subject& subject, const Factors& factors, std::string& problem) {
  constexpr uint32_t kBirths = 20, kFirst = 5;  // the first make what later ones reuse
  Order order{&subject, factors, kBirths, kFirst, false};
  order.factors.burst = 1;
  order.factors.cpu = Placement::free;
  const Memory memory(order);
  Process process(order, memory, Process::Watched::by_ptrace);
  process.go();
  Tracer tracer(memory);
  const bool traced = tracer.run(process.pid());
  process.ended();
  if (!traced) {
    problem = "this process may not trace: it is being traced itself, or a policy forbids it";
    return std::nullopt;
  }
  if (problem = failure(order, memory); !problem.empty()) return std::nullopt;
  std::vector<Counted> counted = tracer.births();
  counted.erase(counted.begin(), counted.begin() + kFirst);
  std::sort(counted.begin(), counted.end(),
            [](const Counted& a, const Counted& b) { return a.creator + a.newborn < b.creator + b.newborn; });
  const Counted& median = counted[counted.size() / 2];
  return Calls{static_cast<double>(median.creator), static_cast<double>(median.newborn), median.names};
}

}  // namespace threadlab
