// SPDX-License-Identifier: MIT
// The watch: an M without a P that sleeps, and looks for deadlocks every MSTART_DEBUG=deadlock=SECONDS. Not a timer, which a
// G that computes on the last P would keep from running, and which would be something that all others may wait for. It is
// not counted for checkdead (nmsys): it wakes nobody.
#include "runtime/deadlock.h"

#include "os/clock.h"
#include "os/mem.h"
#include "runtime/config.h"
#include "runtime/report.h"
#include "runtime/sched.h"

namespace mstart::runtime {

// Each is there in programs that have what it looks at.
[[gnu::weak, gnu::visibility("default")]] void report_lock_cycles(int fd, Look look);
[[gnu::weak, gnu::visibility("default")]] void report_stuck_in_channels(int fd, Look look);

namespace {

constinit std::atomic<bool> looking{false};
constinit std::atomic<bool> watched{false};

// Whose look it is.
constinit char* scratch = nullptr;
constinit size_t scratch_bytes = 0;

// Never ends.
void watch() {
  {
    LockGuard guard(sched.lock);
    ++sched.nmsys;
    checkdead();
  }
  os::Note never_woken;
  for (int64_t at = os::kernel_nanotime();;) {  // a seed's clock stands still while the watch sleeps
    at += config.deadlock_s * INT64_C(1'000'000'000);
    (void)notetsleep(never_woken, at);
    if (sched.stop.load(std::memory_order_relaxed) != nullptr) notesleep(never_woken);
    report_deadlocks(2, Look::kWatch);
  }
}

}  // namespace

Scratch::Scratch(size_t bytes) {
  if (bytes == 0) return;
  if (bytes > scratch_bytes) {
    const size_t more = bytes > 2 * scratch_bytes ? bytes : 2 * scratch_bytes;
    const Result<char*> r = os::map_pages(more);
    if (!r) return;
    scratch = *r;
    scratch_bytes = more;
  }
  __builtin_memset(scratch, 0, bytes);
  free_ = scratch;
}

void report_deadlocks(int fd, Look look) {
  if (looking.exchange(true, std::memory_order_acquire)) return;
  if (report_lock_cycles != nullptr) report_lock_cycles(fd, look);
  if (report_stuck_in_channels != nullptr) report_stuck_in_channels(fd, look);
  looking.store(false, std::memory_order_release);
}

void watch_deadlocks() {
  if (config.deadlock_s == 0 || watched.exchange(true, std::memory_order_relaxed)) return;
  sched.lock.lock();
  const int64_t id = mReserveID();
  sched.lock.unlock();
  if (id < 0 || !newm(watch, nullptr, id)) report(2, "mstart: no thread for MSTART_DEBUG=deadlock\n", {});
}

}  // namespace mstart::runtime
