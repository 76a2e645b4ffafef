// SPDX-License-Identifier: MIT
// Where the time of a birth goes. Medians of phases do not add up; so a profile is the mean of each phase over the births
// whose whole is near a quantile: 2.5 percentile points, or five births, to each side. Those means add up to the mean of the
// wholes.
#pragma once

#include <array>
#include <random>
#include <span>
#include <vector>

#include "birth.h"
#include "results.h"
#include "stats.h"

namespace threadlab {

// The moments that most of these births have, a bit each: phases are between these.
uint32_t common_moments(std::span<const Birth* const> births);

std::vector<const Birth*> sample_births(const Round& round);                              // sorted by their whole
std::vector<const Birth*> sample_births(const SubjectResult& subject, Round::Kind kind);  // of all rounds

struct Profile {
  size_t n = 0;                               // births
  double whole = 0;                           // ticks, their mean
  std::array<double, kMoments> mean{};        // ticks; of moments that are not common: 0
  std::array<Interval, kMoments> interval{};  // 95 %, if asked for
};
Profile profile_near(std::span<const Birth* const> sorted, double q, uint32_t common,
                     std::mt19937_64* random = nullptr);

// "clone_entered → sys_enter_clone", by the moment that ends it.
std::string phase_name(size_t moment, uint32_t common, bool ascii);

}  // namespace threadlab
