// SPDX-License-Identifier: MIT
// The cycle counter as the clock of everything: what it is in nanoseconds, and what a nanosecond of CLOCK_MONOTONIC_RAW,
// which perf stamps with, is on it. A moment is both clocks at once, to within half the time that reading them took; the fit
// goes through two moments, at the start and as late as possible.
#pragma once

#include <cstdint>

namespace threadlab {

struct Moment {
  uint64_t ticks;
  int64_t raw_ns;
  double half_width_ns;  // how far off it may be; in ticks until the fit is known
};

// The closest of many tries.
Moment now();

struct Fit {
  Moment start;
  double ns_per_tick;
  double error_ns;  // of a conversion

  double ns(uint64_t ticks) const { return static_cast<double>(ticks) * ns_per_tick; }
  uint64_t ticks_at(int64_t raw_ns) const {
    return start.ticks +
           static_cast<uint64_t>(static_cast<int64_t>(static_cast<double>(raw_ns - start.raw_ns) / ns_per_tick));
  }
};

// Over at least 20 ms: waits for them to pass.
Fit fit_since(const Moment& start);

}  // namespace threadlab
