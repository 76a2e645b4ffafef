// SPDX-License-Identifier: MIT
// Text out of numbers.
#include "render.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace threadlab {
namespace {

int width_of(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// The class of a value: its power of two, and which quarter between that and the next.
int class_of(double ns) {
  const int power = static_cast<int>(std::floor(std::log2(std::max(ns, 1.0))));
  return 4 * power + std::min(3, static_cast<int>(4 * (std::max(ns, 1.0) / std::exp2(power) - 1)));
}
double class_begin(int index) { return std::exp2(index / 4) * (1 + (index % 4) / 4.0); }

}  // namespace

std::string duration(double ns) {
  const double size = std::abs(ns);
  if (size < 999.5) return fmt::format("{:.0f} ns", ns);
  const auto [scaled, unit] = size < 999.5e3   ? std::pair{ns / 1e3, "us"}
                              : size < 999.5e6 ? std::pair{ns / 1e6, "ms"}
                                               : std::pair{ns / 1e9, "s"};
  const double shown = std::abs(scaled);
  return shown < 9.995   ? fmt::format("{:.2f} {}", scaled, unit)
         : shown < 99.95 ? fmt::format("{:.1f} {}", scaled, unit)
                         : fmt::format("{:.0f} {}", scaled, unit);
}

std::string duration(const Interval& ns) {
  std::string low = duration(ns.low), high = duration(ns.high);
  const size_t unit = low.find(' ');
  if (low.substr(unit) == high.substr(high.find(' '))) low.resize(unit);
  return fmt::format("[{}, {}]", low, high);
}

std::string pad(std::string text, int width) {
  const int lacks = std::abs(width) - width_of(text);
  if (lacks > 0) text.insert(width < 0 ? 0 : text.size(), static_cast<size_t>(lacks), ' ');
  return text;
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<int> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i)
      line += fmt::format("{}{}", i != 0 ? "  " : "", pad(row[i], i == 0 ? widths[i] : -widths[i]));
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::string bar(double share, int width, const Style& style) {
  static constexpr std::string_view kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double cells = std::clamp(share, 0.0, 1.0) * width;
  if (style.ascii) return std::string(static_cast<size_t>(std::lround(cells)), '#');
  std::string out;
  for (int i = 0; i < static_cast<int>(cells); ++i) out += "█";
  return out + std::string(kEighths[static_cast<int>((cells - std::floor(cells)) * 8)]);
}

std::string histogram(std::span<const double> sorted, const Style& style) {
  if (sorted.empty()) return "";
  constexpr int kWidth = 48;
  const int first = class_of(sorted.front()), last = class_of(sorted.back());
  std::vector<uint64_t> counts(static_cast<size_t>(last - first + 1));
  for (const double ns : sorted) ++counts[static_cast<size_t>(class_of(ns) - first)];
  const uint64_t most = *std::max_element(counts.begin(), counts.end());
  std::string out;
  bool gap = false;
  for (int c = first; c <= last; ++c) {
    const uint64_t count = counts[static_cast<size_t>(c - first)];
    if (count == 0) {
      if (!gap) out += "      ...\n";
      gap = true;
      continue;
    }
    gap = false;
    const Interval share = share_interval(count, sorted.size());
    std::string marks;
    for (const auto& [name, q] : {std::pair{"p50", .5}, {"p90", .9}, {"p99", .99}, {"p99.9", .999}}) {
      if (quantile_ranks(sorted.size(), q, .95) && class_of(quantile(sorted, q)) == c)
        marks += fmt::format(" {}", name);
    }
    out += fmt::format("  {} {:>7} {:5.1f} % [{:4.1f}, {:5.1f}] |{}|{}\n",
                       pad(fmt::format("[{}, {})", duration(class_begin(c)), duration(class_begin(c + 1))), -22), count,
                       100 * static_cast<double>(count) / static_cast<double>(sorted.size()), 100 * share.low,
                       100 * share.high,
                       pad(bar(static_cast<double>(count) / static_cast<double>(most), kWidth, style), kWidth), marks);
  }
  return out;
}

std::string conditions(const Results& r) {
  std::string out = "environment: ";
  for (const auto& [key, value] : r.environment) {
    if (key != "kernel command line")
      out += fmt::format("{}{} {}", key == r.environment[0].first ? "" : "; ", key, value);
  }
  out += fmt::format(
      "\nclock: cycle counter, {:.4f} GHz, off by {:.0f} ns at most against CLOCK_MONOTONIC_RAW; kernel's moments: "
      "{}\n",
      1 / r.ns_per_tick, r.clock_error_ns, r.collector);
  out += fmt::format("noise: {}\n", r.noise.text());
  return out;
}

}  // namespace threadlab
