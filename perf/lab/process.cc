// SPDX-License-Identifier: MIT
// A subject's process from fork to its records.
#include "process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace threadlab {
namespace {

int interrupt_event = -1;  // readable from the first interrupt on: a poll that begins after it ends too

uint32_t whole_bursts(uint32_t births, uint32_t burst) { return (births + burst - 1) / burst * burst; }

// The last CPU of those allowed: the first takes more interrupts.
void stay_on_one_cpu() {
  cpu_set_t allowed, one;
  CPU_ZERO(&one);
  sched_getaffinity(0, sizeof allowed, &allowed);
  for (int cpu = CPU_SETSIZE - 1; cpu >= 0; --cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
    return;
  }
}

[[noreturn]] void become_subject(const Order& order, int memory_fd, int gate, bool traced) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (order.factors.cpu == Placement::same) stay_on_one_cpu();
  char go;
  if (read(gate, &go, 1) != 1) _exit(126);
  if (traced) ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);  // the exec stops it
  const std::string program = program_of(*order.subject), fd = fmt::format("{}", memory_fd);
  execl(program.c_str(), program.c_str(), fd.c_str(), nullptr);
  _exit(127);
}

}  // namespace

void catch_interrupts() {
  interrupt_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (interrupt_event < 0) throw std::runtime_error(fmt::format("eventfd: {}", strerror(errno)));
  struct sigaction action{};
  action.sa_handler = [](int) {
    const int before = errno;
    (void)!eventfd_write(interrupt_event, 1);
    errno = before;
  };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

Memory::Memory(const Order& order) {
  const uint32_t burst = order.factors.burst;
  const uint32_t births = whole_bursts(order.births, burst) + whole_bursts(order.warmup, burst);
  if (order.phases && births > order.subject->most_births)  // each with stamps needs a record of the runtime's
    throw std::runtime_error(fmt::format("{}: {} births in one process, at most {}: ask for more rounds",
                                         order.subject->name, births, order.subject->most_births));
  fd_ = memfd_create("threadlab", 0);  // goes through exec
  bytes_ = kLabHeaderBytes + births * sizeof(lab_birth);
  if (fd_ < 0 || ftruncate(fd_, static_cast<off_t>(bytes_)) != 0) throw std::runtime_error("no memory for the records");
  void* at = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_, 0);
  if (at == MAP_FAILED) throw std::runtime_error("no memory for the records");
  lab_ = static_cast<lab*>(at);
  lab_->magic = kLabMagic;
  lab_->version = kLabVersion;
  lab_->record_bytes = sizeof(lab_birth);
  lab_->births = births;
  lab_->burst = burst;
  lab_->rest_us = order.factors.rest_us;
  lab_->parent = order.factors.parent;
  lab_->stack = order.factors.stack;
  lab_->variant = order.subject->variant;
  lab_->phases = order.phases;
}

Memory::~Memory() {
  munmap(lab_, bytes_);
  close(fd_);
}

std::vector<lab_birth> Memory::records() const {
  const lab_birth* first = lab_births(lab_);
  return {first, first + lab_->births};
}

Process::Process(const Order& order, const Memory& memory, Watched watched) {
  const std::filesystem::path program = program_of(*order.subject);
  if (access(program.c_str(), X_OK) != 0) {
    const std::string_view needs = order.subject->needs;
    throw std::runtime_error(fmt::format("{} is not there: {} has not been built{}", order.subject->name,
                                         program.string(),
                                         needs.empty() ? "" : fmt::format(" (it needs the package {})", needs)));
  }
  int gate[2];
  if (pipe2(gate, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  pid_ = fork();
  if (pid_ == 0) {
    close(gate[1]);
    become_subject(order, memory.fd(), gate[0], watched == Watched::by_ptrace);
  }
  close(gate[0]);
  gate_ = gate[1];
  if (pid_ < 0) {
    close(gate_);
    throw std::runtime_error(fmt::format("fork: {}", strerror(errno)));
  }
}

Process::~Process() {
  close(gate_);
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, __WALL);
}

void Process::go() {
  if (write(gate_, "g", 1) != 1) throw std::runtime_error("the subject's process is gone");
}

void Process::wait(Collector* collector) {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (pidfd < 0) throw std::runtime_error(fmt::format("pidfd_open: {}", strerror(errno)));
  struct Close {
    int fd;
    ~Close() { close(fd); }
  } closer{pidfd};
  std::vector<pollfd> polled{{pidfd, POLLIN, 0}, {interrupt_event, POLLIN, 0}};
  if (collector != nullptr) {
    for (const int fd : collector->fds()) polled.push_back({fd, POLLIN, 0});
  }
  while (polled[0].revents == 0) {
    (void)poll(polled.data(), polled.size(), -1);
    if (polled[1].revents != 0) throw Interrupted{};
    if (collector != nullptr) collector->drain();
    for (pollfd& ring : polled) {
      if ((ring.revents & POLLHUP) != 0 && &ring != &polled[0]) ring.fd = -1;  // its threads have ended
    }
  }
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string failure(const Order& order, const Memory& memory) {
  const lab& shared = memory.shared();
  if (shared.done != 0) return "";
  std::string why(shared.error, strnlen(shared.error, sizeof shared.error));
  if (why.empty()) why = fmt::format("its process ended after {} of {} births", shared.current, shared.births);
  return fmt::format("{}: {}", order.subject->name, why);
}

Round run_round(const Order& order, Collector* collector, const Moment& start) {
  const Memory memory(order);
  Process process(order, memory);
  if (collector != nullptr) collector->attach(process.pid());
  process.go();
  process.wait(collector);
  if (const std::string why = failure(order, memory); !why.empty()) throw std::runtime_error(why);

  Round round;
  round.kind = order.phases ? Round::Kind::traced : Round::Kind::plain;
  const uint32_t burst = order.factors.burst, warmup = whole_bursts(order.warmup, burst);
  const std::vector<lab_birth> records = memory.records();
  for (uint32_t i = 0; i < records.size(); ++i) {
    Birth& birth = round.births.emplace_back(from_record(records[i], i % burst));
    if (i < warmup) birth.labels |= kWarmup;
    const bool same = birth.cpu == birth.creator_cpu;
    if ((order.factors.cpu == Placement::other && same) || (order.factors.cpu == Placement::same && !same))
      birth.labels |= kMisplaced;
  }
  uint64_t tolerance = 0;
  if (collector != nullptr) {
    std::vector<KernelEvent> events = collector->take(start, round.lost_events);
    join(round.births, events);
    const Fit fit = fit_since(start);
    if (collector->name() == "perf") tolerance = static_cast<uint64_t>(2 * fit.error_ns / fit.ns_per_tick) + 1;
  }
  for (Birth& birth : round.births) put_in_order(birth, tolerance);
  return round;
}

}  // namespace threadlab
