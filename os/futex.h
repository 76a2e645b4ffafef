// SPDX-License-Identifier: MIT
// futex(2): sleep while a word holds a value; wake sleepers. Process-private. The EINTR loops are the callers': each of
// them looks at its word again anyway, which is also what a spurious wake-up needs.
#pragma once

#include <atomic>
#include <cstdint>

#include "os/sys.h"

namespace mstart::os {

using FutexWord = std::atomic<uint32_t>;
static_assert(sizeof(FutexWord) == 4);

// Sleeps while *word == value, at most until `deadline_ns` of CLOCK_MONOTONIC (never: no limit). Returns early without a
// reason now and then. True: the deadline has passed.
inline bool futex_wait(const FutexWord& word, uint32_t value, int64_t deadline_ns = INT64_MAX) {
  const Timespec until{deadline_ns / 1'000'000'000, deadline_ns % 1'000'000'000};
  const auto r = futex(&word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, value,
                       deadline_ns == INT64_MAX ? nullptr : &until, FUTEX_BITSET_MATCH_ANY);
  return !r && r.error() == Errno::timed_out;
}

// Wakes at most n sleepers. The word may be gone already: a wake on memory that is now something else's is spurious there.
inline void futex_wake(const FutexWord& word, uint32_t n = 1) {
  (void)futex(&word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, n);
}

}  // namespace mstart::os
