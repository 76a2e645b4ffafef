// SPDX-License-Identifier: MIT
// Mappings and guards; which way of guarding works is found out by trying, from the cheapest on.
#include "os/mem.h"

#include <linux/mman.h>

namespace mstart::os {

constinit size_t page_size = 4096;

namespace {
constexpr int kMadvGuardInstall = 102;   // Linux 6.13; newer than Debian 12's headers
constexpr int kPidfdSelfGroup = -10001;  // PIDFD_SELF_THREAD_GROUP, Linux 6.15: ourselves without a descriptor
constexpr int kPrivate = MAP_PRIVATE | MAP_ANONYMOUS;
constexpr int kReadWrite = PROT_READ | PROT_WRITE;

// Guards [from, count) by one call a batch. Returns how many are done.
size_t guard_batches(char* first, size_t stride, size_t count) {
  constexpr size_t kBatch = 64;
  size_t done = 0;
  while (done < count) {
    Iovec v[kBatch];
    size_t n = 0;
    for (; n < kBatch && done + n < count; ++n) v[n] = {first + (done + n) * stride, page_size};
    const auto r = process_madvise(kPidfdSelfGroup, v, n, kMadvGuardInstall);
    if (!r) break;
    done += *r / page_size;
    if (*r != n * page_size) break;
  }
  return done;
}
}  // namespace

Result<char*> map_pages(size_t bytes) { return mmap(nullptr, bytes, kReadWrite, kPrivate | MAP_NORESERVE); }
Result<char*> map_stacks(size_t bytes) {
  return mmap(nullptr, bytes, kReadWrite, kPrivate | MAP_NORESERVE | MAP_STACK);
}
Result<char*> map_backed(size_t bytes) { return mmap(nullptr, bytes, kReadWrite, kPrivate | MAP_POPULATE); }

bool is_inaccessible(const void* p) {
  // rt_sigprocmask copies the set before it looks at `how`: EFAULT if it cannot be read, EINVAL if it can.
  constexpr int kNoSuchHow = 99;
  const Result<void> r = rt_sigprocmask(kNoSuchHow, static_cast<const uint64_t*>(p), nullptr);
  return !r && r.error() == Errno::bad_address;
}

Result<void> install_guards(char* first, size_t stride, size_t count) {
  if (count == 0) return {};
  size_t done = count > 1 ? guard_batches(first, stride, count) : 0;
  for (; done < count; ++done) {
    if (!madvise(first + done * stride, page_size, kMadvGuardInstall)) break;
  }
  if (done == count && is_inaccessible(first)) return {};
  for (size_t i = 0; i < count; ++i) {
    const auto r = mprotect(first + i * stride, page_size, PROT_NONE);
    if (!r) return r;
  }
  return {};
}

}  // namespace mstart::os
