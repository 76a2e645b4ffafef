// SPDX-License-Identifier: MIT
// What may be said of samples whose distribution nobody knows: order statistics, with intervals that are exact for any
// distribution, or nothing where there are too few samples. No means of whole samples, no outliers removed.
//
// An interval for a quantile q goes from the l-th to the u-th smallest of n samples: as many of them lie below the true
// quantile as a binomial(n, q) variable says. The median of rounds has the same interval (that is the sign test). Samples
// within a round depend on each other; rounds, which are processes of their own, do not.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace threadlab {

struct Interval {
  double low, high;
  bool contains(double x) const { return low <= x && x <= high; }
};

// Ranks, from 1: the interval is from the low-th to the high-th smallest.
struct Ranks {
  uint64_t low, high;
};

// P(X <= k), X binomial(n, p).
double binomial_cdf(int64_t k, uint64_t n, double p);

// None: n is too small for a two-sided interval of that confidence (p99 at 95 %: below 368; p99.9: below 3,688).
std::optional<Ranks> quantile_ranks(uint64_t n, double q, double confidence);

// Nearest rank. `sorted` is not empty.
double quantile(std::span<const double> sorted, double q);
std::optional<Interval> quantile_interval(std::span<const double> sorted, double q, double confidence);

// A value of each round: their median, and its interval.
struct Estimate {
  double value;
  std::optional<Interval> interval;  // none: too few rounds
};
Estimate median_of_rounds(std::vector<double> values, double confidence);

// Percentile bootstrap of the mean.
Interval bootstrap_mean(std::span<const double> values, double confidence, std::mt19937_64& random,
                        int resamples = 1000);

// A share, of n: Wilson's interval, 95 %.
Interval share_interval(uint64_t count, uint64_t n);

// Row `row` of a cyclic Latin square of `size`, its labels shuffled by the seed: over `size` rows each stands once at each
// place. Of two, that is A B, B A.
std::vector<int> latin_row(int size, int row, uint64_t seed);

}  // namespace threadlab
