// SPDX-License-Identifier: MIT
// Samples in cycles, and the line of JSON with their quantiles. The first 100 are apart: they pay for the first threads.
#pragma once

#include <algorithm>
#include <vector>

#include "arch/arch.h"
#include "perf.h"

class Latencies {
 public:
  explicit Latencies(long n) : wanted_(static_cast<size_t>(n) + kWarmup) { samples_.reserve(wanted_); }

  bool enough() const { return samples_.size() == wanted_; }
  void add(uint64_t cycles) {
    if (!enough()) samples_.push_back(cycles);
  }

  void print(std::string_view bench) {
    while (now_ns() - start_ns_ < 20'000'000) arch_relax();  // at least 20 ms to calibrate over
    const double ns =
        static_cast<double>(now_ns() - start_ns_) / static_cast<double>(mstart::arch::cycles() - start_cycles_);
    const uint64_t first = samples_.front();
    samples_.erase(samples_.begin(), samples_.begin() + kWarmup);
    std::sort(samples_.begin(), samples_.end());
    mstart::print(R"({{"bench":"{}","peer":"mstart","clock":"cycles","n":{},"warmup":{},"first_ns":{:.0f})", bench,
                  samples_.size(), kWarmup, static_cast<double>(first) * ns);
    for (const auto& [name, per_mille] :
         {std::pair{"p50", 500}, {"p90", 900}, {"p99", 990}, {"p999", 999}, {"max", 1000}}) {
      const size_t at = (samples_.size() - 1) * static_cast<size_t>(per_mille) / 1000;
      mstart::print(R"(,"{}_ns":{:.0f})", name, static_cast<double>(samples_[at]) * ns);
    }
    mstart::print("}}\n");
  }

 private:
  static constexpr size_t kWarmup = 100;
  static void arch_relax() { mstart::arch::cpu_relax(); }
  size_t wanted_;
  std::vector<uint64_t> samples_;
  int64_t start_ns_ = now_ns();
  uint64_t start_cycles_ = mstart::arch::cycles();
};
