// SPDX-License-Identifier: MIT
// Means near a quantile.
#include "profile.h"

#include <fmt/format.h>

#include <algorithm>

namespace threadlab {

uint32_t common_moments(std::span<const Birth* const> births) {
  uint32_t common = 0;
  for (size_t i = 0; i < kMoments; ++i) {
    const auto there = std::count_if(births.begin(), births.end(), [i](const Birth* b) { return b->at[i] != 0; });
    if (2 * static_cast<size_t>(there) > births.size()) common |= 1U << i;
  }
  return common;
}

namespace {

void add_samples(std::vector<const Birth*>& to, const Round& round) {
  for (const Birth& birth : round.births) {
    if (is_sample(birth)) to.push_back(&birth);
  }
}

void sort_by_whole(std::vector<const Birth*>& births) {
  std::sort(births.begin(), births.end(), [](const Birth* a, const Birth* b) { return a->whole() < b->whole(); });
}

}  // namespace

std::vector<const Birth*> sample_births(const Round& round) {
  std::vector<const Birth*> births;
  add_samples(births, round);
  sort_by_whole(births);
  return births;
}

std::vector<const Birth*> sample_births(const SubjectResult& subject, Round::Kind kind) {
  std::vector<const Birth*> births;
  for (const Round& round : subject.rounds) {
    if (round.kind == kind) add_samples(births, round);
  }
  sort_by_whole(births);
  return births;
}

Profile profile_near(std::span<const Birth* const> sorted, double q, uint32_t common, std::mt19937_64* random) {
  constexpr double kBand = .025, kLeast = 10;
  Profile profile;
  if (sorted.empty()) return profile;
  const auto n = static_cast<double>(sorted.size());
  const double half = std::max(kBand * n, kLeast / 2);
  const auto from = static_cast<size_t>(std::max(0.0, q * n - half));
  const auto to = std::max(from + 1, static_cast<size_t>(std::min(n, q * n + half)));
  const auto band = sorted.subspan(from, to - from);
  profile.n = band.size();
  std::array<std::vector<double>, kMoments> phases;
  for (const Birth* birth : band) {
    profile.whole += static_cast<double>(birth->whole()) / static_cast<double>(band.size());
    const auto of_birth = phases_of(*birth, common);
    for (size_t i = 1; i < kMoments; ++i) phases[i].push_back(static_cast<double>(std::max<int64_t>(of_birth[i], 0)));
  }
  for (size_t i = 1; i < kMoments; ++i) {
    if ((common >> i & 1) == 0) continue;
    for (const double ticks : phases[i]) profile.mean[i] += ticks / static_cast<double>(band.size());
    if (random != nullptr) profile.interval[i] = bootstrap_mean(phases[i], .95, *random);
  }
  return profile;
}

std::string phase_name(size_t moment, uint32_t common, bool ascii) {
  size_t before = moment - 1;
  while (before != 0 && (common >> before & 1) == 0) --before;
  return fmt::format("{} {} {}", kMomentNames[before], ascii ? "->" : "→", kMomentNames[moment]);
}

}  // namespace threadlab
