// SPDX-License-Identifier: MIT
// The futex of the model (interleave.h), under the names of os/futex.h, for the headers that are included into `checked`. The
// real os/futex.h comes first, so that their own #include of it is spent.
#pragma once

#include "os/futex.h"
#include "tests/unit/interleave.h"

namespace checked {

namespace std {
using namespace ::std;
template <class T>
using atomic = interleave::Atomic<T>;
}  // namespace std

namespace mstart::os {

using FutexWord = interleave::Atomic<uint32_t>;

inline bool futex_wait(const FutexWord& word, uint32_t value, int64_t deadline_ns = INT64_MAX) {
  interleave::Checker& checker = *interleave::Checker::current();
  if (deadline_ns != INT64_MAX && checker.choose(2) == 1) return true;
  if (!checker.may_wake_for_nothing()) checker.sleep_on(word.word(), value);
  return false;
}

inline void futex_wake(const FutexWord& word, uint32_t n = 1) { interleave::Checker::current()->wake(word.word(), n); }

}  // namespace mstart::os

}  // namespace checked
