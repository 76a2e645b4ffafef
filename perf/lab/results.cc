// SPDX-License-Identifier: MIT
// What of the births is a sample; and all of them as CSV.
#include "results.h"

#include <fmt/format.h>

#include <ostream>

namespace threadlab {

Samples samples_of(const Round& round, uint32_t burst) {
  Samples s;
  for (size_t i = 0; i + burst <= round.births.size(); i += burst) {
    const Birth* first = &round.births[i];
    double all_run = 0;
    bool counts = true;
    for (const Birth* birth = first; birth != first + burst; ++birth) {
      all_run = std::max(all_run, static_cast<double>(birth->whole()));
      counts &= is_sample(*birth);
      if ((birth->labels & kWarmup) != 0) continue;
      s.stale += (birth->labels & kStale) != 0;
      s.misplaced += (birth->labels & kMisplaced) != 0;
    }
    if (!counts) continue;
    s.whole.push_back(all_run);
    if (burst > 1) s.reuse.push_back(static_cast<double>(first->reusable - first->released));
  }
  return s;
}

Samples samples_of(const SubjectResult& subject, Round::Kind kind, uint32_t burst) {
  Samples all;
  for (const Round& round : subject.rounds) {
    if (round.kind != kind) continue;
    const Samples s = samples_of(round, burst);
    all.whole.insert(all.whole.end(), s.whole.begin(), s.whole.end());
    all.reuse.insert(all.reuse.end(), s.reuse.begin(), s.reuse.end());
    all.stale += s.stale;
    all.misplaced += s.misplaced;
  }
  return all;
}

void write_csv(std::ostream& out, const Results& r) {
  out << "subject,round,kind,birth,place,warmup,stale,misplaced,disordered,tid,cpu,creator_tid,creator_cpu,faults,"
         "creator_faults,switches,creator_switches,whole_ns,created_ns,released_ns,reusable_ns";
  for (size_t i = 1; i < kMoments; ++i) out << ",to_" << kMomentNames[i] << "_ns";
  out << '\n';
  for (const SubjectResult& subject : r.subjects) {
    for (size_t round = 0; round < subject.rounds.size(); ++round) {
      const Round& of = subject.rounds[round];
      for (size_t n = 0; n < of.births.size(); ++n) {
        const Birth& b = of.births[n];
        const auto has = [&b](Label label) { return (b.labels & label) != 0 ? 1 : 0; };
        const auto ns = [&](uint64_t moment) {
          return moment == 0 ? std::string()
                             : fmt::format("{:.1f}", static_cast<double>(moment - b[At::begin]) * r.ns_per_tick);
        };
        out << fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}", subject.name, round,
                           of.kind == Round::Kind::plain ? "plain" : "traced", n, b.place, has(kWarmup), has(kStale),
                           has(kMisplaced), b.disordered ? 1 : 0, b.tid, b.cpu, b.creator_tid, b.creator_cpu, b.faults,
                           b.creator_faults, b.switches, b.creator_switches, ns(b[At::end]), ns(b.created),
                           ns(b.released), ns(b.reusable));
        const auto phases = phases_of(b);
        for (size_t i = 1; i < kMoments; ++i)
          out << (phases[i] < 0 ? "," : fmt::format(",{:.1f}", static_cast<double>(phases[i]) * r.ns_per_tick));
        out << '\n';
      }
    }
  }
}

}  // namespace threadlab
