// SPDX-License-Identifier: MIT
// Moments, and the line through two of them.
#include "clock.h"

#include <ctime>

#include "subject.h"

namespace threadlab {
namespace {

int64_t raw_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC_RAW, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

Moment now() {
  Moment best{};
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < 200; ++i) {
    const uint64_t before = lab_ticks();
    const int64_t ns = raw_ns();
    const uint64_t took = lab_ticks() - before;
    if (took >= least) continue;
    least = took;
    best = {before + took / 2, ns, static_cast<double>(took) / 2};
  }
  return best;
}

Fit fit_since(const Moment& start) {
  constexpr int64_t kLeastNs = 20'000'000;
  while (raw_ns() - start.raw_ns < kLeastNs) lab_relax();
  const Moment end = now();
  const double ns_per_tick =
      static_cast<double>(end.raw_ns - start.raw_ns) / static_cast<double>(end.ticks - start.ticks);
  const double worst = start.half_width_ns > end.half_width_ns ? start.half_width_ns : end.half_width_ns;
  return {start, ns_per_tick, worst * ns_per_tick};
}

}  // namespace threadlab
