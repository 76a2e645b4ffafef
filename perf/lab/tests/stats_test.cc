// SPDX-License-Identifier: MIT
// Intervals cover what they say they cover, on distributions whose quantiles are known; where they cannot, there is none.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "../stats.h"

using namespace threadlab;

TEST_CASE("the binomial distribution") {
  CHECK(binomial_cdf(-1, 10, .5) == 0);
  CHECK(binomial_cdf(10, 10, .5) == 1);
  CHECK(binomial_cdf(0, 10, .5) == doctest::Approx(std::exp2(-10)));
  CHECK(binomial_cdf(4, 10, .5) == doctest::Approx(386 / 1024.));
  CHECK(binomial_cdf(5, 10, .5) == doctest::Approx(638 / 1024.));
  CHECK(binomial_cdf(367, 368, .99) == doctest::Approx(1 - std::pow(.99, 368)));
  CHECK(binomial_cdf(500'000, 1'000'000, .5) == doctest::Approx(.5004).epsilon(1e-4));
}

TEST_CASE("a quantile is refused until there are enough samples") {
  CHECK_FALSE(quantile_ranks(367, .99, .95));
  CHECK(quantile_ranks(368, .99, .95));
  CHECK_FALSE(quantile_ranks(3687, .999, .95));
  CHECK(quantile_ranks(3688, .999, .95));
  CHECK_FALSE(quantile_ranks(5, .5, .95));
  CHECK(quantile_ranks(6, .5, .95));
  CHECK_FALSE(quantile_ranks(0, .5, .95));
}

TEST_CASE("ranks are the tightest that the confidence allows") {
  for (const uint64_t n : {6, 12, 100, 4000}) {
    for (const double q : {.5, .9, .99}) {
      const auto r = quantile_ranks(n, q, .95);
      if (!r) continue;
      CHECK(binomial_cdf(static_cast<int64_t>(r->low) - 1, n, q) <= .025 + 1e-12);
      CHECK(binomial_cdf(static_cast<int64_t>(r->low), n, q) > .025);
      CHECK(1 - binomial_cdf(static_cast<int64_t>(r->high) - 1, n, q) <= .025 + 1e-12);
      CHECK(1 - binomial_cdf(static_cast<int64_t>(r->high) - 2, n, q) > .025);
    }
  }
}

// Lognormal samples, with a second mode: what births look like. Its distribution function is known where it matters: the
// quantile of the mixture is found by the same generator, from a great many.
TEST_CASE("intervals cover the true quantile as often as they promise") {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> usual(2, .2), late(8, .1);
  auto draw = [&] { return random() % 10 < 9 ? usual(random) : late(random); };
  std::vector<double> many(400'000);
  for (double& x : many) x = draw();
  std::sort(many.begin(), many.end());
  for (const auto& [q, n] : {std::pair{.5, 50}, {.8, 200}, {.99, 1000}}) {
    const double truth = quantile(many, q);
    int covered = 0;
    constexpr int kTries = 1000;
    for (int i = 0; i < kTries; ++i) {
      std::vector<double> x(static_cast<size_t>(n));
      for (double& v : x) v = draw();
      std::sort(x.begin(), x.end());
      covered += quantile_interval(x, q, .95)->contains(truth);
    }
    CAPTURE(q);
    CHECK(covered >= 930);  // 950 or a little more are expected; three standard deviations of the count are 21
  }
}

TEST_CASE("the median of rounds, and the false alarms of a control") {
  // Rounds of one machine whose speed drifts: both subjects drift together, so their ratios do not.
  std::mt19937_64 random(11);
  std::normal_distribution<double> drift(0, .3), own(0, .05);
  int alarms = 0;
  constexpr int kTries = 2000;
  for (int i = 0; i < kTries; ++i) {
    std::vector<double> ratios;
    for (int round = 0; round < 12; ++round) {
      const double machine = drift(random);
      ratios.push_back((machine + own(random)) - (machine + own(random)));
    }
    alarms += !median_of_rounds(ratios, .99).interval->contains(0);
  }
  CHECK(alarms <= 40);  // 1 % promised
  CHECK(alarms < kTries * .02);
  CHECK(median_of_rounds({3, 1, 2}, .95).value == 2);
  CHECK(median_of_rounds({4, 1, 2, 3}, .95).value == 2.5);
  CHECK_FALSE(median_of_rounds({3, 1, 2}, .95).interval);
}

TEST_CASE("the bootstrap covers a mean") {
  std::mt19937_64 random(3);
  std::exponential_distribution<double> draw(1);
  int covered = 0;
  for (int i = 0; i < 300; ++i) {
    std::vector<double> x(100);
    for (double& v : x) v = draw(random);
    covered += bootstrap_mean(x, .95, random, 400).contains(1);
  }
  CHECK(covered >= 264);  // 88 %: the percentile bootstrap is a little narrow for a skewed hundred
  CHECK(covered <= 296);
}

TEST_CASE("shares") {
  CHECK(share_interval(0, 100).low == 0);
  CHECK(share_interval(0, 100).high == doctest::Approx(.0370).epsilon(.01));
  CHECK(share_interval(50, 100).low == doctest::Approx(.4038).epsilon(.001));
  CHECK(share_interval(100, 100).high == 1);
}

TEST_CASE("a Latin square: each once at each place") {
  for (int size = 1; size <= 7; ++size) {
    for (const uint64_t seed : {1, 2, 99}) {
      for (int place = 0; place < size; ++place) {
        std::set<int> seen;
        for (int row = 0; row < size; ++row) seen.insert(latin_row(size, row, seed)[static_cast<size_t>(place)]);
        CHECK(seen.size() == static_cast<size_t>(size));
      }
      const auto row = latin_row(size, size + 1, seed);
      CHECK(std::set<int>(row.begin(), row.end()).size() == static_cast<size_t>(size));
      CHECK(row == latin_row(size, 1, seed));
    }
  }
}
