// SPDX-License-Identifier: MIT
// What goes to the terminal: numbers with their intervals, histograms, phases as bars. Plain text, 120 columns at most.
#pragma once

#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "results.h"
#include "stats.h"

namespace threadlab {

struct Style {
  bool ascii = false;
  bool colour = false;
};

std::string duration(double ns);  // "6.25 us"
std::string duration(const Interval& ns);
std::string pad(std::string text, int width);  // by characters, not bytes; negative: to the right

// Rows of cells, aligned; the first is the head. The first column is flushed left.
std::string table(const std::vector<std::vector<std::string>>& rows);

std::string bar(double share, int width, const Style& style);

// Log-linear: four classes for each power of two; with the share of each and its interval, and marks at the percentiles.
std::string histogram(std::span<const double> sorted_ns, const Style& style);

// The environment and the noise, without which nothing is shown.
std::string conditions(const Results& results);

}  // namespace threadlab
