// SPDX-License-Identifier: MIT
// All that a run gave: every birth of every round, with what is needed to read it elsewhere. Written as JSON (to be read
// again, exactly) and as CSV (tidy: a row for each birth, a column for each phase).
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "birth.h"
#include "environment.h"
#include "noise.h"
#include "subjects.h"

namespace threadlab {

// System calls of one birth, counted under ptrace: the median birth's.
struct Calls {
  double creator = 0, newborn = 0;
  std::string names;  // of that birth, in order, the newborn's in brackets
  bool operator==(const Calls&) const = default;
};

struct SubjectResult {
  std::string name;
  std::vector<Round> rounds;
  std::optional<Calls> calls;
  std::string problem;  // why there are no births
  bool operator==(const SubjectResult&) const = default;
};

struct Results {
  static constexpr int kSchemaVersion = 1;
  std::string command;
  Environment environment;
  Factors factors;
  uint32_t births = 0, rounds = 0, warmup = 0;  // as asked for: births in all, warm-up for each process
  uint64_t seed = 0;
  double ns_per_tick = 0, clock_error_ns = 0;
  std::string collector;  // of the kernel's moments; why there is none, in parentheses
  NoiseSummary noise;
  std::vector<SubjectResult> subjects;
  bool operator==(const Results&) const = default;
};

void write_json(std::ostream& out, const Results& results);
Results read_json(std::istream& in);  // throws std::runtime_error: not ours, or of another schema version
void write_csv(std::ostream& out, const Results& results);

// What is counted in quantiles: births that are what was asked for, warm-up left out. Of one kind of rounds: those with
// stamps and traces in them are slower.
inline bool is_sample(const Birth& birth) { return birth.labels == 0; }

struct Samples {              // in ticks
  std::vector<double> whole;  // of births; in bursts, from the begin until the last of the burst has run
  std::vector<double> reuse;  // in bursts: from when all are told to end until the memory of all may be used again
  uint64_t stale = 0, misplaced = 0;  // in births
};
Samples samples_of(const Round& round, uint32_t burst);
Samples samples_of(const SubjectResult& subject, Round::Kind kind, uint32_t burst);

}  // namespace threadlab
