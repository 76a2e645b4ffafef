// SPDX-License-Identifier: MIT
// What is written can be read again, exactly; samples are what was asked for and nothing else; verdicts.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <random>
#include <sstream>

#include "../commands.h"
#include "../results.h"

using namespace threadlab;

namespace {

// A subject whose births take about `ticks`, in rounds that differ by `spread`.
SubjectResult subject(const char* name, double ticks, double spread, uint64_t seed, int rounds = 12, int births = 400) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> of_round(1, spread), of_birth(1, .05);
  SubjectResult s{name, {}, {}, ""};
  for (int r = 0; r < rounds; ++r) {
    const double factor = std::max(.1, of_round(random));
    for (const auto kind : {Round::Kind::plain, Round::Kind::traced}) {
      Round& round = s.rounds.emplace_back();
      round.kind = kind;
      for (int i = 0; i < births; ++i) {
        Birth b;
        b[At::begin] = 1'000'000 + 10'000 * static_cast<uint64_t>(i);
        b[At::end] = b[At::begin] + static_cast<uint64_t>(ticks * factor * std::max(.5, of_birth(random)));
        if (kind == Round::Kind::traced) b[At::switch_in] = (b[At::begin] + b[At::end]) / 2;
        b.tid = static_cast<uint32_t>(i + 1);
        if (i == 0) b.labels = kWarmup;
        round.births.push_back(b);
      }
    }
  }
  return s;
}

Results results(std::vector<SubjectResult> subjects) {
  Results r;
  r.command = "threadlab compare";
  r.environment = {{"threadlab", "0"}, {"kernel", "none"}, {"a \"b\"", "c,d"}};
  r.births = 4800, r.rounds = 12, r.warmup = 1, r.seed = 1;
  r.ns_per_tick = .5;
  r.collector = "tracefs";
  r.noise.limit = .1;
  r.subjects = std::move(subjects);
  return r;
}

std::string line_with(const std::string& text, const std::string& what) {
  const size_t at = text.find(what);
  return at == text.npos ? "" : text.substr(at, text.find('\n', at) - at);
}

}  // namespace

TEST_CASE("JSON can be read again, exactly") {
  Results r = results({subject("mstart", 8000, .02, 1, 2, 20), subject("clone", 7000, .02, 2, 2, 20)});
  r.subjects[0].calls = Calls{1, 1, "clone (sigaltstack)"};
  r.subjects[1].problem = "a problem";
  r.subjects[0].rounds[1].lost_events = 7;
  r.factors = {kParentSpin, Placement::other, kStackFresh, 100, 4};
  Birth& b = r.subjects[0].rounds[1].births[3];
  b.created = b[At::begin] + 5, b.cpu = 1, b.faults = 2, b.disordered = true, b.labels = kStale | kMisplaced;
  r.noise = {.01, .02, .003, 1, .1};
  std::stringstream file;
  write_json(file, r);
  CHECK(read_json(file) == r);
}

TEST_CASE("what is not ours is not read") {
  auto read = [](const std::string& text) {
    std::istringstream in(text);
    return read_json(in);
  };
  CHECK_THROWS(read(""));
  CHECK_THROWS(read("{}"));
  CHECK_THROWS(read(R"({"schema": "threadlab", "schema_version": 999})"));
  std::stringstream file;
  write_json(file, results({}));
  std::string text = file.str();
  text.replace(text.find("\"wakep\""), 7, "\"other\"");
  CHECK_THROWS(read(text));
}

TEST_CASE("CSV: a row for each birth, and its phases add up to the whole") {
  const Results r = results({subject("mstart", 8000, .02, 1, 2, 20)});
  std::stringstream file;
  write_csv(file, r);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string>& row = rows.emplace_back();
    std::stringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
  }
  REQUIRE(rows.size() == 1 + 2 * 2 * 20);
  const auto column = [&](const std::string& name) {
    return static_cast<size_t>(std::find(rows[0].begin(), rows[0].end(), name) - rows[0].begin());
  };
  for (size_t i = 1; i < rows.size(); ++i) {
    double total = 0;
    REQUIRE(rows[i].size() == rows[0].size());
    for (size_t c = column("to_newproc_ns"); c < rows[i].size(); ++c)
      total += rows[i][c].empty() ? 0 : std::stod(rows[i][c]);
    CHECK(total == doctest::Approx(std::stod(rows[i][column("whole_ns")])).epsilon(1e-4));
  }
  CHECK(rows[1][column("warmup")] == "1");
  CHECK(rows[2][column("warmup")] == "0");
}

TEST_CASE("samples: no warm-up, nothing stale or misplaced; of a burst its last") {
  Round round;
  for (uint64_t i = 0; i < 12; ++i) {
    Birth b;
    b[At::begin] = 100;
    b[At::end] = 110 + i;
    b.released = 200, b.reusable = 300 + i;
    round.births.push_back(b);
  }
  round.births[0].labels = kWarmup;
  round.births[5].labels = kStale;
  round.births[6].labels = kMisplaced;
  Samples s = samples_of(round, 1);
  CHECK(s.whole.size() == 9);
  CHECK(s.stale == 1);
  CHECK(s.misplaced == 1);
  CHECK(s.reuse.empty());
  s = samples_of(round, 4);  // of three bursts two have a birth that does not count
  REQUIRE(s.whole.size() == 1);
  CHECK(s.whole[0] == 21);
  CHECK(s.reuse[0] == 108);
}

TEST_CASE("a difference is found, with its phase; and none where there is none") {
  const Results r = results({subject("mstart", 8000, .01, 1), subject("clone", 4000, .01, 2),
                             subject("clone3", 8000, .01, 3), subject("mstart", 8000, .01, 4)});
  const Comparison c = compare(r, {true, false});
  CHECK_FALSE(c.too_noisy);
  CHECK(line_with(c.text, "mstart / clone ").find("slower") != std::string::npos);
  CHECK(line_with(c.text, "mstart / clone3").find("faster") == std::string::npos);
  CHECK(line_with(c.text, "mstart / clone3").find("slower") == std::string::npos);
  CHECK(c.text.find("sched_switch -> end") != std::string::npos);
  CHECK(c.text.find("environment: threadlab 0") != std::string::npos);
}

TEST_CASE("noise is refused: the control differs from itself, is too wide, or others have the CPUs") {
  auto verdict = [](const SubjectResult& control, double others) {
    Results r = results({subject("mstart", 8000, .01, 1), subject("clone", 4000, .01, 2), control});
    r.noise.others = others;
    const Comparison c = compare(r, {true, false});
    CHECK(c.too_noisy == (line_with(c.text, "mstart / clone").find("too noisy to say") != std::string::npos));
    return c.too_noisy;
  };
  CHECK_FALSE(verdict(subject("mstart", 8000, .01, 3), 0));
  CHECK(verdict(subject("mstart", 9000, .01, 3), 0));
  CHECK(verdict(subject("mstart", 8000, .5, 3), 0));
  CHECK(verdict(subject("mstart", 8000, .01, 3), .3));
  CHECK(verdict(subject("mstart", 8000, .01, 3, 5), 0));  // too few rounds for a control
}

TEST_CASE("false alarms of the whole gate on a quiet machine") {
  int refused = 0;
  for (uint64_t i = 0; i < 60; ++i) {
    const Results r = results({subject("mstart", 8000, .02, 10 + i, 12, 40), subject("clone", 7000, .02, 5, 12, 40),
                               subject("mstart", 8000, .02, 1000 + i, 12, 40)});
    refused += compare(r, {true, false}).too_noisy;
  }
  CHECK(refused <= 4);  // 1 % promised; five of sixty would come by chance once in 5,000 times
}

TEST_CASE("a table says where it was measured, and refuses what it cannot know") {
  const Results r = results({subject("mstart", 8000, .01, 1, 2, 200)});
  const std::string text = describe(r, {true, false}, false);
  CHECK(text.find("environment: ") == 0);
  CHECK(text.find("noise: quiet") != std::string::npos);
  CHECK(text.find("\nmstart ") != std::string::npos);
  CHECK(text.find("n too small") != std::string::npos);  // p99.9 of 398
  CHECK(std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 128; }));
}

TEST_CASE("durations") {
  CHECK(duration(0.4) == "0 ns");
  CHECK(duration(999) == "999 ns");
  CHECK(duration(6250) == "6.25 us");
  CHECK(duration(62'500) == "62.5 us");
  CHECK(duration(625'000) == "625 us");
  CHECK(duration(3.57e6) == "3.57 ms");
  CHECK(duration(-1500) == "-1.50 us");
  CHECK(duration(Interval{6250, 7000}) == "[6.25, 7.00 us]");
  CHECK(duration(Interval{250, 7000}) == "[250 ns, 7.00 us]");
}
