// SPDX-License-Identifier: MIT
// The binomial distribution by its log terms, and the order statistics that come of it.
#include "stats.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace threadlab {

double binomial_cdf(int64_t k, uint64_t n, double p) {
  if (k < 0) return 0;
  if (static_cast<uint64_t>(k) >= n) return 1;
  // The shorter tail is summed, from its largest term outwards, until the terms no longer count.
  const double log_odds = std::log(p) - std::log1p(-p);
  auto tail = [&](uint64_t first, bool downwards) {
    double log_term = std::lgamma(static_cast<double>(n) + 1) - std::lgamma(static_cast<double>(first) + 1) -
                      std::lgamma(static_cast<double>(n - first) + 1) + static_cast<double>(first) * std::log(p) +
                      static_cast<double>(n - first) * std::log1p(-p);
    double sum = 0;
    for (uint64_t i = first;;) {
      const double term = std::exp(log_term);
      sum += term;
      if (downwards ? i == 0 : i == n) break;
      if (term < sum * 1e-17) break;
      const double up =
          std::log(static_cast<double>(downwards ? n - i + 1 : n - i) / static_cast<double>(downwards ? i : i + 1)) +
          log_odds;
      log_term += downwards ? -up : up;
      downwards ? --i : ++i;
    }
    return sum;
  };
  const auto first = static_cast<uint64_t>(k);
  if (static_cast<double>(k) < static_cast<double>(n) * p) return std::min(1.0, tail(first, true));
  return std::max(0.0, 1 - tail(first + 1, false));
}

std::optional<Ranks> quantile_ranks(uint64_t n, double q, double confidence) {
  // low: the largest l with P(X <= l - 1) <= a; high: the smallest u with P(X >= u) <= a. Both are near n q.
  const double a = (1 - confidence) / 2;
  const double spread = std::sqrt(static_cast<double>(n) * q * (1 - q)) * 8 + 8;
  const auto from = static_cast<int64_t>(std::max(0.0, std::floor(static_cast<double>(n) * q - spread)));
  const auto to =
      static_cast<int64_t>(std::min(static_cast<double>(n), std::ceil(static_cast<double>(n) * q + spread)));
  // Both conditions are monotonic in the rank.
  auto least = [](int64_t lo, int64_t hi, auto&& holds) {  // the smallest in [lo, hi] for which it holds, or hi + 1
    for (++hi; lo < hi;) {
      const int64_t middle = lo + (hi - lo) / 2;
      holds(middle) ? hi = middle : lo = middle + 1;
    }
    return lo;
  };
  const int64_t low = least(from, to, [&](int64_t l) { return binomial_cdf(l - 1, n, q) > a; }) - 1;
  const int64_t high = least(from, to, [&](int64_t u) { return 1 - binomial_cdf(u - 1, n, q) <= a; });
  if (low < 1 || high > static_cast<int64_t>(n)) return std::nullopt;
  return Ranks{static_cast<uint64_t>(low), static_cast<uint64_t>(high)};
}

double quantile(std::span<const double> sorted, double q) {
  const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(sorted.size()) - 1e-9));
  return sorted[std::clamp<size_t>(rank, 1, sorted.size()) - 1];
}

std::optional<Interval> quantile_interval(std::span<const double> sorted, double q, double confidence) {
  const std::optional<Ranks> ranks = quantile_ranks(sorted.size(), q, confidence);
  if (!ranks) return std::nullopt;
  return Interval{sorted[ranks->low - 1], sorted[ranks->high - 1]};
}

Estimate median_of_rounds(std::vector<double> values, double confidence) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  const double median = n % 2 != 0 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
  return {median, quantile_interval(values, .5, confidence)};
}

Interval bootstrap_mean(std::span<const double> values, double confidence, std::mt19937_64& random, int resamples) {
  std::vector<double> means(static_cast<size_t>(resamples));
  std::uniform_int_distribution<size_t> pick(0, values.size() - 1);
  for (double& mean : means) {
    mean = 0;
    for (size_t i = 0; i < values.size(); ++i) mean += values[pick(random)];
    mean /= static_cast<double>(values.size());
  }
  std::sort(means.begin(), means.end());
  return {quantile(means, (1 - confidence) / 2), quantile(means, (1 + confidence) / 2)};
}

Interval share_interval(uint64_t count, uint64_t n) {
  constexpr double z = 1.959964;
  const double total = static_cast<double>(n), share = static_cast<double>(count) / total;
  const double middle = (share + z * z / (2 * total)) / (1 + z * z / total);
  const double half = z / (1 + z * z / total) * std::sqrt(share * (1 - share) / total + z * z / (4 * total * total));
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

std::vector<int> latin_row(int size, int row, uint64_t seed) {
  std::vector<int> labels(static_cast<size_t>(size));
  std::iota(labels.begin(), labels.end(), 0);
  std::mt19937_64 random(seed);
  std::shuffle(labels.begin(), labels.end(), random);
  std::rotate(labels.begin(), labels.begin() + row % size, labels.end());
  return labels;
}

}  // namespace threadlab
