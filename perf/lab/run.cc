// SPDX-License-Identifier: MIT
// threadlab run: a table of all subjects, then of each its histogram, its phases near p50 and p99, and what a birth costs in
// system calls and page faults. Quantiles are of the plain rounds; phases are of the traced ones, which are slower, and by
// how much is said.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "commands.h"
#include "profile.h"

namespace threadlab {
namespace {

constexpr std::pair<const char*, double> kQuantiles[] = {{"p50", .5}, {"p90", .9}, {"p99", .99}, {"p99.9", .999}};

std::vector<double> in_ns(std::vector<double> ticks, double ns_per_tick) {
  for (double& t : ticks) t *= ns_per_tick;
  std::sort(ticks.begin(), ticks.end());
  return ticks;
}

std::vector<std::string> quantile_row(std::string name, const std::vector<double>& sorted) {
  std::vector<std::string> row = {std::move(name), fmt::format("{}", sorted.size())};
  for (const auto& [label, q] : kQuantiles) {
    const auto interval = sorted.empty() ? std::nullopt : quantile_interval(sorted, q, .95);
    row.push_back(interval ? duration(quantile(sorted, q)) : "n too small");
    row.push_back(interval ? duration(*interval) : "");
  }
  row.push_back(sorted.empty() ? "" : duration(sorted.back()));
  return row;
}

std::string phase_bars(const Results& r, const std::vector<const Birth*>& births, std::mt19937_64& random,
                       const Style& style) {
  const uint32_t common = common_moments(births);
  std::vector<std::pair<std::string, Profile>> columns;
  for (const auto& [name, q] : {kQuantiles[0], kQuantiles[2]}) {
    if (quantile_ranks(births.size(), q, .95)) columns.emplace_back(name, profile_near(births, q, common, &random));
  }
  if (columns.empty()) return "  phases: n too small\n";
  constexpr int kName = 40, kNumbers = 24, kBar = 13;
  std::string out = pad("  phase", kName);
  for (const auto& [name, profile] : columns)
    out += pad(fmt::format("near {}, {} births", name, profile.n), kNumbers + kBar + 3);
  out += "\n";
  for (size_t i = 1; i < kMoments; ++i) {
    if ((common >> i & 1) == 0) continue;
    out += pad(fmt::format("  {}", phase_name(i, common, style.ascii)), kName);
    for (const auto& [name, p] : columns) {
      const Interval ns{p.interval[i].low * r.ns_per_tick, p.interval[i].high * r.ns_per_tick};
      out += pad(fmt::format("{} {}", pad(duration(p.mean[i] * r.ns_per_tick), -8), duration(ns)), kNumbers + 1);
      out += pad(fmt::format(" {}", bar(p.mean[i] / p.whole, kBar, style)), kBar + 2);
    }
    out.resize(out.find_last_not_of(' ') + 1);
    out += "\n";
  }
  out += pad("  = the whole", kName);
  for (const auto& [name, p] : columns) out += pad(pad(duration(p.whole * r.ns_per_tick), -8), kNumbers + kBar + 3);
  return out.substr(0, out.find_last_not_of(' ') + 1) + "\n";
}

// Medians of the rounds' p50, so that each round counts once.
std::string probe_effect(const Results& r, const SubjectResult& subject) {
  std::vector<double> plain, difference;
  for (const Round& round : subject.rounds) {
    std::vector<double> whole = samples_of(round, r.factors.burst).whole;
    if (whole.empty()) continue;
    std::sort(whole.begin(), whole.end());
    if (round.kind == Round::Kind::plain)
      plain.push_back(quantile(whole, .5));
    else if (difference.size() < plain.size())
      difference.push_back((quantile(whole, .5) - plain.back()) * r.ns_per_tick);
  }
  if (difference.empty()) return "";
  const Estimate e = median_of_rounds(difference, .95);
  return fmt::format("  being traced adds {}{} to p50{}\n", e.value < 0 ? "" : "+", duration(e.value),
                     e.interval ? fmt::format(" {}", duration(*e.interval))
                                : fmt::format(" (no interval: {} rounds are too few)", difference.size()));
}

std::string costs(const SubjectResult& subject, const std::vector<const Birth*>& births) {
  std::string out;
  if (subject.calls)
    out += fmt::format("  system calls of a birth: {:.0f} of the creator, {:.0f} of the newborn: {}\n",
                       subject.calls->creator, subject.calls->newborn, subject.calls->names);
  if (births.empty()) return out;
  std::vector<double> newborn, creator;
  uint64_t switched = 0, moved = 0;
  for (const Birth* b : births) {
    newborn.push_back(b->faults);
    if (b->place == 0) creator.push_back(b->creator_faults);
    switched += b->switches != 0;
    moved += b->cpu != b->creator_cpu;
  }
  std::sort(newborn.begin(), newborn.end());
  std::sort(creator.begin(), creator.end());
  out += fmt::format(
      "  page faults of a birth: newborn p50 {:.0f}, p90 {:.0f}; creator, join included, p50 {:.0f}, p90 {:.0f}\n",
      quantile(newborn, .5), quantile(newborn, .9), creator.empty() ? 0 : quantile(creator, .5),
      creator.empty() ? 0 : quantile(creator, .9));
  const auto n = static_cast<double>(births.size());
  out += fmt::format("  began on another CPU than the creator's: {:.1f} %; preempted before they had begun: {:.1f} %\n",
                     100 * static_cast<double>(moved) / n, 100 * static_cast<double>(switched) / n);
  return out;
}

std::string details(const Results& r, const SubjectResult& subject, std::mt19937_64& random, const Style& style) {
  const Samples plain = samples_of(subject, Round::Kind::plain, r.factors.burst);
  const Subject& known = subject_named(subject.name);
  std::string out = fmt::format("\n{}: {}; {}\n", subject.name, known.work, text(r.factors, &known));
  if (plain.stale + plain.misplaced != 0)
    out += fmt::format("  not counted: {} on a thread that was there before, {} on another CPU than asked for\n",
                       plain.stale, plain.misplaced);
  const std::vector<double> whole = in_ns(plain.whole, r.ns_per_tick);
  out += histogram(whole, style);
  const std::vector<const Birth*> births = sample_births(subject, Round::Kind::traced);
  if (!births.empty() && r.factors.burst == 1) out += phase_bars(r, births, random, style);
  uint64_t lost = 0;
  for (const Round& round : subject.rounds) lost += round.lost_events;
  if (lost != 0) out += fmt::format("  lost by the kernel's buffers: {} events\n", lost);
  return out + probe_effect(r, subject) + costs(subject, sample_births(subject, Round::Kind::plain));
}

}  // namespace

std::string describe(const Results& r, const Style& style, bool brief) {
  std::string out = conditions(r);
  out += fmt::format("factors: {}; {} births each in {} rounds, seed {}; intervals: 95 %, order statistics\n\n",
                     text(r.factors), r.births, r.rounds, r.seed);
  std::vector<std::vector<std::string>> rows = {{r.factors.burst > 1 ? "all of a burst run" : "birth", "n"}};
  for (const auto& [name, q] : kQuantiles) {
    rows[0].push_back(name);
    rows[0].push_back("");
  }
  rows[0].push_back("max seen");
  std::vector<std::vector<std::string>> ends;
  for (const SubjectResult& subject : r.subjects) {
    if (!subject.problem.empty()) continue;
    const Samples plain = samples_of(subject, Round::Kind::plain, r.factors.burst);
    rows.push_back(quantile_row(subject.name, in_ns(plain.whole, r.ns_per_tick)));
    if (r.factors.burst > 1)
      ends.push_back(quantile_row(subject.name + ", all reusable", in_ns(plain.reuse, r.ns_per_tick)));
  }
  rows.insert(rows.end(), ends.begin(), ends.end());
  out += table(rows);
  for (const SubjectResult& subject : r.subjects) {
    if (!subject.problem.empty()) out += fmt::format("{}\n", subject.problem);
  }
  if (brief) return out;
  std::mt19937_64 random(r.seed);
  for (const SubjectResult& subject : r.subjects) {
    if (subject.problem.empty()) out += details(r, subject, random, style);
  }
  return out;
}

}  // namespace threadlab
