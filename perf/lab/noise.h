// SPDX-License-Identifier: MIT
// What else went on on the machine while we measured. Two meters, and a limit:
//
//   hiccups  a thread pinned to each CPU reads the counter in a loop, for some milliseconds, between rounds; where it jumps,
//            somebody else had the CPU (another thread, an interrupt, the hypervisor). The share of time lost so.
//   others   /proc/stat says how long the CPUs were busy, getrusage how long with us: the rest was others'. As a share of all
//            CPUs' time.
//
// Beyond the limit a comparison refuses to answer. No sample is dropped for it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace threadlab {

struct NoiseSummary {
  double hiccups = 0;  // the median of the times measured, of the worse CPU
  double others = 0;
  double steal = 0;           // of it the hypervisor's
  uint64_t out_of_order = 0;  // births in which a moment came before its cause: the counters of the CPUs disagree
  double limit = 0;
  bool operator==(const NoiseSummary&) const = default;
  bool noisy() const { return hiccups > limit || others > limit || out_of_order != 0; }
  std::string text() const;  // one line, with the verdict
};

class NoiseMeter {
 public:
  NoiseMeter();
  void between_rounds();  // takes some milliseconds of each CPU
  NoiseSummary summary(double limit) const;

 private:
  struct Usage {
    double all = 0, busy = 0, steal = 0, ours = 0;  // seconds
  };
  static Usage usage();
  Usage start_;
  std::vector<double> lost_;
};

// Spins for `ms` on each CPU that we may use; the share of time lost on the worse one.
double hiccup_share(double ms);

}  // namespace threadlab
