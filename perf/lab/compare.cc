// SPDX-License-Identifier: MIT
// threadlab compare: how far the first subject is from each of the others, and in which phases.
//
// A round gives each subject one quantile, and each pair one ratio; rounds are independent, so the median of the rounds'
// ratios has an exact interval, whatever the distribution (the sign test's). The rows of the table share the 5 % of being
// wrong (Bonferroni). The first subject takes part twice: the ratio of the two is 1, unless the machine does something to one
// that it does not do to the other. If that interval excludes 1, or is so wide that nothing could be seen, or if others took
// the CPUs, the answer is that there is none.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "commands.h"
#include "profile.h"

namespace threadlab {
namespace {

constexpr double kWrong = .05;              // chance that any row's interval misses
constexpr double kControlConfidence = .99;  // a quiet machine is refused once in a hundred times
constexpr double kControlWidth = 1.25;      // from one end of the control's interval to the other: a quarter
constexpr double kMatters = .02;            // a smaller difference is none

constexpr std::pair<const char*, double> kQuantiles[] = {{"p50", .5}, {"p90", .9}, {"p99", .99}};

std::vector<const Round*> rounds_of(const SubjectResult& subject, Round::Kind kind) {
  std::vector<const Round*> rounds;
  for (const Round& round : subject.rounds) {
    if (round.kind == kind) rounds.push_back(&round);
  }
  return rounds;
}

// ln(a / b) of one quantile, round by round; with `reuse`, of how long a burst's end takes.
std::vector<double> log_ratios(const SubjectResult& a, const SubjectResult& b, double q, uint32_t burst, bool reuse) {
  const auto of_a = rounds_of(a, Round::Kind::plain), of_b = rounds_of(b, Round::Kind::plain);
  std::vector<double> ratios;
  for (size_t i = 0; i < std::min(of_a.size(), of_b.size()); ++i) {
    const auto value = [&](const Round& round) {
      const Samples samples = samples_of(round, burst);
      std::vector<double> sorted = reuse ? samples.reuse : samples.whole;
      std::sort(sorted.begin(), sorted.end());
      return sorted.empty() ? 0 : quantile(sorted, q);
    };
    const double x = value(*of_a[i]), y = value(*of_b[i]);
    if (x > 0 && y > 0) ratios.push_back(std::log(x / y));
  }
  return ratios;
}

size_t least_samples(const SubjectResult& subject, uint32_t burst) {
  size_t least = SIZE_MAX;
  for (const Round* round : rounds_of(subject, Round::Kind::plain))
    least = std::min(least, samples_of(*round, burst).whole.size());
  return least;
}

std::string verdict(const Interval& ratio) {
  if (ratio.low > 1 + kMatters) return "slower";
  if (ratio.high < 1 - kMatters) return "faster";
  if (ratio.low > 1 - kMatters && ratio.high < 1 + kMatters) return "the same";
  return "undecided";
}

struct Control {
  bool usable = false;
  std::string text;
};

Control judge_control(const SubjectResult& a, const SubjectResult& again, uint32_t burst) {
  const Estimate e = median_of_rounds(log_ratios(a, again, .5, burst, false), kControlConfidence);
  if (!e.interval) return {false, "too few rounds for an interval at 99 %: at least 8"};
  const Interval ratio{std::exp(e.interval->low), std::exp(e.interval->high)};
  const std::string text =
      fmt::format("{} / itself {:.3f} [{:.3f}, {:.3f}] at p50, 99 %", a.name, std::exp(e.value), ratio.low, ratio.high);
  if (!ratio.contains(1)) return {false, text + ": differs from itself"};
  if (ratio.high / ratio.low > kControlWidth) return {false, text + ": too wide to see a difference"};
  return {true, text};
}

std::string phases_between(const Results& r, const SubjectResult& a, const SubjectResult& b, const Style& style) {
  const auto of_a = rounds_of(a, Round::Kind::traced), of_b = rounds_of(b, Round::Kind::traced);
  const size_t rounds = std::min(of_a.size(), of_b.size());
  const auto all_a = sample_births(a, Round::Kind::traced), all_b = sample_births(b, Round::Kind::traced);
  if (rounds == 0 || all_a.empty() || all_b.empty()) return "";
  const uint32_t fine = common_moments(all_a), common = fine & common_moments(all_b);
  std::array<std::vector<double>, kMoments> times_a, times_b, differences;
  std::vector<double> whole;
  for (size_t i = 0; i < rounds; ++i) {
    const auto births_a = sample_births(*of_a[i]), births_b = sample_births(*of_b[i]);
    if (births_a.empty() || births_b.empty()) continue;
    const Profile pa = profile_near(births_a, .5, common), pb = profile_near(births_b, .5, common);
    for (size_t m = 1; m < kMoments; ++m) {
      times_a[m].push_back(pa.mean[m] * r.ns_per_tick);
      times_b[m].push_back(pb.mean[m] * r.ns_per_tick);
      differences[m].push_back((pa.mean[m] - pb.mean[m]) * r.ns_per_tick);
    }
    whole.push_back((pa.whole - pb.whole) * r.ns_per_tick);
  }
  if (whole.empty()) return "";
  const double confidence = 1 - kWrong / (1 + __builtin_popcount(common & ~1U));
  const auto shown = [&](const std::vector<double>& values) {
    const Estimate e = median_of_rounds(values, confidence);
    return fmt::format("{}{}", duration(e.value),
                       e.interval ? fmt::format(" {}", duration(*e.interval)) : " (no interval)");
  };
  std::vector<std::vector<std::string>> rows = {
      {fmt::format("{} - {}, near p50, traced; medians of rounds", a.name, b.name), a.name, b.name, "difference"}};
  const Profile detail = profile_near(all_a, .5, fine);
  for (size_t m = 1; m < kMoments; ++m) {
    if ((common >> m & 1) == 0) continue;
    rows.push_back({phase_name(m, common, style.ascii), duration(median_of_rounds(times_a[m], confidence).value),
                    duration(median_of_rounds(times_b[m], confidence).value), shown(differences[m])});
    size_t before = m - 1;
    while (before != 0 && (common >> before & 1) == 0) --before;
    for (size_t inner = before + 1; inner <= m; ++inner) {
      if (m - before > 1 && (fine >> inner & 1) != 0 &&
          __builtin_popcount(fine >> before & ((2U << (m - before)) - 1)) > 2)
        rows.push_back({fmt::format("  of it {}", phase_name(inner, fine, style.ascii)),
                        duration(detail.mean[inner] * r.ns_per_tick), "", ""});
    }
  }
  rows.push_back({"= the whole", "", "", shown(whole)});
  return fmt::format("\n{}", table(rows));
}

std::string ratios(const Results& r, bool usable) {
  const SubjectResult& a = r.subjects.front();
  const uint32_t burst = r.factors.burst;
  const size_t others = r.subjects.size() - 2;
  struct Row {
    std::string name, what;
    std::vector<double> values;
  };
  std::vector<Row> wanted;
  std::string refused;
  for (size_t i = 1; i <= others; ++i) {
    const SubjectResult& b = r.subjects[i];
    for (const auto& [label, q] : kQuantiles) {
      // A round's own quantile needs samples on both sides of it.
      if (static_cast<double>(std::min(least_samples(a, burst), least_samples(b, burst))) * (1 - q) < 3) {
        refused += fmt::format("{} / {}: {}: too few births in a round\n", a.name, b.name, label);
        continue;
      }
      wanted.push_back({fmt::format("{} / {}", a.name, b.name), label, log_ratios(a, b, q, burst, false)});
      if (burst > 1)
        wanted.push_back({fmt::format("{} / {}, end", a.name, b.name), label, log_ratios(a, b, q, burst, true)});
    }
  }
  const double confidence = 1 - kWrong / static_cast<double>(std::max<size_t>(1, wanted.size()));
  std::vector<std::vector<std::string>> rows = {{"ratio", "of", "median", "interval", "rounds", "verdict"}};
  for (const Row& row : wanted) {
    if (row.values.empty()) continue;
    const Estimate e = median_of_rounds(row.values, confidence);
    const Interval ratio =
        e.interval ? Interval{std::exp(e.interval->low), std::exp(e.interval->high)} : Interval{0, 0};
    rows.push_back({row.name, row.what, fmt::format("{:.3f}", std::exp(e.value)),
                    e.interval ? fmt::format("[{:.3f}, {:.3f}]", ratio.low, ratio.high) : "too few rounds",
                    fmt::format("{}", row.values.size()),
                    !usable      ? "too noisy to say"
                    : e.interval ? verdict(ratio)
                                 : "undecided"});
  }
  return table(rows) + refused +
         fmt::format(
             "intervals: sign test over rounds, {:.2f} % each, {:.0f} % for all; a difference below {:.0f} % is none\n",
             100 * confidence, 100 * (1 - kWrong), 100 * kMatters);
}

}  // namespace

Comparison compare(const Results& r, const Style& style) {
  Comparison c;
  const SubjectResult& a = r.subjects.front();
  const Control control = judge_control(a, r.subjects.back(), r.factors.burst);
  c.too_noisy = r.noise.noisy() || !control.usable;
  c.text = conditions(r);
  c.text += fmt::format("control: {}\n", control.text);
  c.text +=
      fmt::format("factors: {}; {} births each in {} rounds, seed {}\n\n", text(r.factors), r.births, r.rounds, r.seed);
  c.text += ratios(r, !c.too_noisy);
  if (r.factors.burst == 1) {
    for (size_t i = 1; i + 1 < r.subjects.size(); ++i) c.text += phases_between(r, a, r.subjects[i], style);
  }
  for (const SubjectResult& subject : r.subjects) {
    if (subject.calls)
      c.text += fmt::format("{}{}: {:.0f} system calls of the creator, {:.0f} of the newborn: {}\n",
                            &subject == &a ? "\n" : "", subject.name, subject.calls->creator, subject.calls->newborn,
                            subject.calls->names);
  }
  if (c.too_noisy) c.text += "\nThe machine was too noisy to say. Let nothing else run, or ask for more --rounds.\n";
  return c;
}

}  // namespace threadlab
