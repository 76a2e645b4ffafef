// SPDX-License-Identifier: MIT
// The kernel's moments without root: perf_event_open(2) lets anybody watch a process of his own. A dummy event on each CPU,
// inherited by all threads to come, brings side-band records: FORK, from near the end of copy_process, and SWITCH, from when
// a CPU has taken the thread up. Records go to the ring of the CPU that they happen on (inherited events have no ring of
// their own thread's).
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "collector.h"

namespace threadlab {
namespace {

// A user may lock 516 KiB a CPU (perf_event_mlock_kb), the page with head and tail included.
constexpr size_t kPage = 4096, kRingBytes = 128 * kPage;

class Ring {
 public:
  Ring(pid_t pid, int cpu) {
    perf_event_attr attr{};
    attr.size = sizeof attr;
    attr.type = PERF_TYPE_SOFTWARE;
    attr.config = PERF_COUNT_SW_DUMMY;
    attr.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU;
    attr.inherit = attr.exclude_kernel = attr.exclude_hv = attr.context_switch = attr.task = attr.sample_id_all = 1;
    attr.use_clockid = 1;
    attr.clockid = CLOCK_MONOTONIC_RAW;
    attr.watermark = 1;
    attr.wakeup_watermark = kRingBytes / 2;
    fd_ = static_cast<int>(syscall(SYS_perf_event_open, &attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC));
    if (fd_ < 0) {
      if (errno == EACCES || errno == EPERM)
        throw std::runtime_error(
            "perf_event_open is not allowed (sysctl kernel.perf_event_paranoid must be 2 or less)");
      throw std::runtime_error(fmt::format("perf_event_open: {}", strerror(errno)));
    }
    void* at = mmap(nullptr, kPage + kRingBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    if (at == MAP_FAILED) {
      const int why = errno;
      close(fd_);
      throw std::runtime_error(
          fmt::format("perf's ring cannot be mapped: {} (sysctl kernel.perf_event_mlock_kb)", strerror(why)));
    }
    page_ = static_cast<perf_event_mmap_page*>(at);
  }
  Ring(Ring&& other) noexcept : fd_(std::exchange(other.fd_, -1)), page_(std::exchange(other.page_, nullptr)) {}
  ~Ring() {
    if (page_ != nullptr) munmap(page_, kPage + kRingBytes);
    if (fd_ >= 0) close(fd_);
  }

  int fd() const { return fd_; }

  void drain(std::string& to) {
    const uint64_t head = __atomic_load_n(&page_->data_head, __ATOMIC_ACQUIRE);
    const char* data = reinterpret_cast<const char*>(page_) + kPage;
    for (uint64_t tail = page_->data_tail; tail != head;) {
      const size_t at = tail % kRingBytes;
      const size_t n = std::min<uint64_t>(head - tail, kRingBytes - at);
      to.append(data + at, n);
      tail += n;
    }
    __atomic_store_n(&page_->data_tail, head, __ATOMIC_RELEASE);
  }

 private:
  int fd_;
  perf_event_mmap_page* page_ = nullptr;
};

class Perf final : public Collector {
 public:
  Perf() { Ring(0, 0); }  // can we? On ourselves, on the first CPU

  std::string_view name() const override { return "perf"; }

  void attach(pid_t pid) override {
    rings_.clear();
    const long cpus = sysconf(_SC_NPROCESSORS_CONF);
    for (int cpu = 0; cpu < cpus; ++cpu) rings_.emplace_back(pid, cpu);
    data_.assign(rings_.size(), {});
  }

  std::vector<int> fds() const override {
    std::vector<int> fds;
    for (const Ring& ring : rings_) fds.push_back(ring.fd());
    return fds;
  }

  void drain() override {
    for (size_t i = 0; i < rings_.size(); ++i) rings_[i].drain(data_[i]);
  }

  std::vector<KernelEvent> take(const Moment& start, uint64_t& lost) override {
    drain();
    rings_.clear();
    const Fit fit = fit_since(start);
    std::vector<KernelEvent> events;
    for (const std::string& data : data_) {
      for (KernelEvent event : parse_perf_records(data, lost)) {
        event.ticks = fit.ticks_at(static_cast<int64_t>(event.ticks));
        events.push_back(event);
      }
    }
    data_.clear();
    return events;
  }

 private:
  std::vector<Ring> rings_;
  std::vector<std::string> data_;  // of each ring
};

template <class T>
T at_offset(std::string_view record, size_t offset) {
  T value{};
  if (offset + sizeof value <= record.size()) memcpy(&value, record.data() + offset, sizeof value);
  return value;
}

}  // namespace

std::unique_ptr<Collector> collect_by_perf() { return std::make_unique<Perf>(); }

// Each ends with what sample_type asks for: pid, tid, time, cpu, reserved.
std::vector<KernelEvent> parse_perf_records(std::string_view data, uint64_t& lost) {
  constexpr size_t kHeader = sizeof(perf_event_header), kSampleId = 4 + 4 + 8 + 4 + 4;
  std::vector<KernelEvent> events;
  while (data.size() >= kHeader) {
    const auto header = at_offset<perf_event_header>(data, 0);
    if (header.size < kHeader + kSampleId || header.size > data.size()) break;
    const std::string_view record = data.substr(0, header.size);
    data.remove_prefix(header.size);
    const size_t id = header.size - kSampleId;
    const auto tid = at_offset<uint32_t>(record, id + 4);
    const auto time = at_offset<uint64_t>(record, id + 8);
    if (header.type == PERF_RECORD_FORK) {  // pid, ppid, tid, ptid, time
      events.push_back({time, At::process_fork, at_offset<uint32_t>(record, kHeader + 12),
                        at_offset<uint32_t>(record, kHeader + 8)});
    } else if (header.type == PERF_RECORD_SWITCH && (header.misc & PERF_RECORD_MISC_SWITCH_OUT) == 0) {
      events.push_back({time, At::switch_in, tid, tid});
    } else if (header.type == PERF_RECORD_LOST) {  // id, lost
      lost += at_offset<uint64_t>(record, kHeader + 8);
    }
  }
  return events;
}

}  // namespace threadlab
