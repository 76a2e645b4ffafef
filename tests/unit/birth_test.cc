// SPDX-License-Identifier: MIT
// The birth table, from made-up records.
#include "runtime/birth.h"

#include <doctest/doctest.h>
#include <mstart/print.h>

#include <algorithm>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

using mstart::runtime::Birth;
using mstart::runtime::BirthClass;

namespace {

// All stamps of a birth, `gaps` apart.
Birth birth(BirthClass kind, uint64_t at, const std::vector<uint64_t>& gaps, uint64_t id = 1) {
  Birth b;
  uint64_t* const stamps[] = {&b.start.newproc, &b.start.wakep,       &b.start.startm, &b.allocm,
                              &b.clone_entered, &b.first_instruction, &b.mstart,       &b.minit,
                              &b.acquirep,      &b.schedule,          &b.first_g};
  *stamps[0] = at;
  for (size_t i = 1; i < 11; ++i) *stamps[i] = at += gaps[i - 1];
  b.clone_returned = b.clone_entered + 7;
  b.m_id = id;
  b.kind = kind;
  return b;
}

std::vector<uint64_t> even(uint64_t gap) { return std::vector<uint64_t>(10, gap); }

struct Row {
  double p50, p90, p99, max;
  int births;
};

// The report, taken apart. Rows by "class/phase".
struct Report {
  std::string text, head;
  std::map<std::string, Row> rows;
  std::vector<std::string> slowest;

  explicit Report(const std::vector<Birth>& births, double ns_per_cycle = 1000, uint32_t unrecorded = 0) {
    std::vector<char> buffer(16384);
    std::vector<int64_t> scratch(mstart::runtime::births_scratch(static_cast<uint32_t>(births.size())) + 1);
    scratch.back() = 0x5a5a;
    mstart::Sink out(buffer);
    format_births(out, births.data(), static_cast<uint32_t>(births.size()), unrecorded, ns_per_cycle, scratch.data());
    CHECK(scratch.back() == 0x5a5a);
    CHECK(out.size() == out.text().size());
    text = out.text();
    std::istringstream lines(text);
    std::getline(lines, head);
    std::string line, kind;
    std::getline(lines, line);
    CHECK(line == "in microseconds                              p50         p90         p99         max  births");
    while (std::getline(lines, line)) {
      if (line.rfind("slowest: ", 0) == 0) {
        slowest.push_back(line);
      } else if (line.size() < 36) {
        kind = line;
      } else {
        std::string name = line.substr(2, 34);
        name.erase(name.find_last_not_of(' ') + 1);
        Row row{};
        std::istringstream(line.substr(36)) >> row.p50 >> row.p90 >> row.p99 >> row.max >> row.births;
        rows[kind + "/" + name] = row;
      }
    }
  }
};

}  // namespace

TEST_CASE("percentiles are by nearest rank, whatever the order of the records") {
  std::vector<Birth> births;
  for (uint64_t i = 1; i <= 100; ++i) births.push_back(birth(BirthClass::kWake, 1000, even(i), i));
  std::shuffle(births.begin(), births.end(), std::mt19937(1));
  const Report report(births);
  CHECK(report.head ==
        "births: 100, of them found no work: 0, refused or unfinished: 0, not recorded: 0, stamps out of order: 0");
  CHECK(report.rows.size() == 12);
  for (const char* phase : {"newproc -> wakep", "wakep -> startm", "startm -> allocm", "allocm -> clone entered",
                            "clone entered -> first instruction", "first instruction -> mstart", "mstart -> minit",
                            "minit -> acquirep", "acquirep -> schedule", "schedule -> first G"}) {
    CAPTURE(phase);
    REQUIRE(report.rows.count(std::string("wake/") + phase) == 1);
    const Row& row = report.rows.at(std::string("wake/") + phase);
    CHECK(row.p50 == 50);
    CHECK(row.p90 == 90);
    CHECK(row.p99 == 99);
    CHECK(row.max == 100);
    CHECK(row.births == 100);
  }
  CHECK(report.rows.at("wake/the whole").p50 == 500);
  CHECK(report.rows.at("wake/the whole").max == 1000);
  CHECK(report.rows.at("wake/clone returned, beside").p50 == 7);
  CHECK(report.rows.at("wake/clone returned, beside").births == 100);
}

TEST_CASE("one birth is its own p50 and maximum; none makes no row") {
  const Report one({birth(BirthClass::kHandoff, 1, even(3))});
  CHECK(one.rows.at("handoff/mstart -> minit").p50 == 3);
  CHECK(one.rows.at("handoff/mstart -> minit").max == 3);
  const Report none({});
  CHECK(none.rows.empty());
  CHECK(none.slowest.empty());
  CHECK(none.head ==
        "births: 0, of them found no work: 0, refused or unfinished: 0, not recorded: 0, stamps out of order: 0");
}

TEST_CASE("the phases of a birth add up to the whole, exactly, also if stamps are missing or out of order") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    const auto kind = static_cast<BirthClass>(round % 4);
    std::vector<uint64_t> gaps(10);
    for (uint64_t& gap : gaps) gap = random() % 5000;
    Birth b = birth(kind, 1'000'000, gaps);
    if (random() % 2 == 0) b.mstart -= random() % 9000;             // a CPU whose counter is behind
    if (random() % 2 == 0) b.first_instruction += random() % 9000;  // or ahead
    if (random() % 4 == 0) b.start.newproc = 0;                     // readied, not new
    const Report report({b});
    double sum = 0;
    for (const auto& [name, row] : report.rows) {
      CHECK(row.max >= 0);
      if (name.find("->") != std::string::npos) sum += row.max;
    }
    const std::string classes[] = {"wake", "handoff", "template", "other"};
    CHECK(report.rows.at(classes[round % 4] + "/the whole").max == sum);
  }
}

TEST_CASE("a class begins with its own first stamp: what is in those before it belongs to another birth") {
  const std::vector<uint64_t> gaps = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
  const Report report({birth(BirthClass::kWake, 5, gaps), birth(BirthClass::kHandoff, 5, gaps),
                       birth(BirthClass::kTemplate, 5, gaps), birth(BirthClass::kOther, 5, gaps)});
  CHECK(report.rows.at("wake/the whole").max == 1023);
  CHECK(report.rows.at("handoff/the whole").max == 1020);
  CHECK(report.rows.at("template/the whole").max == 1020);
  CHECK(report.rows.at("other/the whole").max == 1016);
  CHECK(report.rows.count("handoff/wakep -> startm") == 0);
  CHECK(report.rows.at("handoff/startm -> allocm").max == 4);
  CHECK(report.rows.count("other/startm -> allocm") == 0);
  CHECK(report.rows.at("other/allocm -> clone entered").max == 8);
}

TEST_CASE("a wake that no newproc asked for begins at wakep") {
  Birth readied = birth(BirthClass::kWake, 5, even(10));
  readied.start.newproc = 0;
  const Report report({readied, birth(BirthClass::kWake, 5, even(10))});
  CHECK(report.rows.at("wake/newproc -> wakep").births == 1);
  CHECK(report.rows.at("wake/wakep -> startm").births == 2);
  CHECK(report.rows.at("wake/the whole").p50 == 90);
  CHECK(report.rows.at("wake/the whole").max == 100);
}

TEST_CASE("births that found no work have phases and no whole; refused ones have nothing") {
  Birth idle = birth(BirthClass::kWake, 5, even(10)), refused = birth(BirthClass::kWake, 5, even(99));
  idle.first_g = 0;
  refused.first_instruction = refused.mstart = refused.minit = refused.acquirep = refused.schedule = refused.first_g =
      0;
  const Report report({idle, refused, refused, birth(BirthClass::kWake, 5, even(10))}, 1000, 3);
  CHECK(report.head ==
        "births: 2, of them found no work: 1, refused or unfinished: 2, not recorded: 3, stamps out of order: 0");
  CHECK(report.rows.at("wake/newproc -> wakep").births == 2);
  CHECK(report.rows.at("wake/newproc -> wakep").max == 10);
  CHECK(report.rows.at("wake/acquirep -> schedule").births == 2);
  CHECK(report.rows.at("wake/schedule -> first G").births == 1);
  CHECK(report.rows.at("wake/the whole").births == 1);
  CHECK(report.rows.at("wake/clone returned, beside").births == 2);
}

TEST_CASE("stamps out of order are counted, and no phase is negative") {
  Birth early = birth(BirthClass::kWake, 100, even(10));
  early.first_instruction = early.clone_entered - 4;
  const Report report({early});
  CHECK(report.head ==
        "births: 1, of them found no work: 0, refused or unfinished: 0, not recorded: 0, stamps out of order: 1");
  CHECK(report.rows.at("wake/clone entered -> first instruction").max == 0);
  CHECK(report.rows.at("wake/first instruction -> mstart").max == 20);
  CHECK(report.rows.at("wake/the whole").max == 100);
}

TEST_CASE("the five slowest, slowest first, with the phase that most of it went to") {
  std::vector<Birth> births;
  for (uint64_t i = 1; i <= 9; ++i) {
    std::vector<uint64_t> gaps = even(1);
    gaps[i % 10] = 100 * i;
    births.push_back(birth(i % 2 == 0 ? BirthClass::kWake : BirthClass::kTemplate, 1, gaps, i));
  }
  births[3].first_g = 0;
  const Report report(births, 1);
  REQUIRE(report.slowest.size() == 5);
  CHECK(report.slowest[0] == "slowest: m 9 (template)       0.907, of it       0.900  schedule -> first G");
  CHECK(report.slowest[1] == "slowest: m 8 (wake)       0.809, of it       0.800  acquirep -> schedule");
  CHECK(report.slowest[4] == "slowest: m 5 (template)       0.507, of it       0.500  first instruction -> mstart");
  CHECK(Report(std::vector<Birth>(7, birth(BirthClass::kWake, 1, even(1))), 1).slowest.size() == 5);
}

TEST_CASE("cycles become microseconds with three decimals, the rest is cut off") {
  const Report half({birth(BirthClass::kWake, 1, even(5))}, 0.5);
  CHECK(half.rows.at("wake/mstart -> minit").max == 0.002);
  const Report big({birth(BirthClass::kWake, 1, even(4'000'000'000))}, 0.25);
  CHECK(big.rows.at("wake/mstart -> minit").max == 1'000'000);
  CHECK(big.text.find(" 1000000.000 ") != std::string::npos);
  const Report endless({birth(BirthClass::kWake, 1, even(4'000'000'000'000))}, 1);
  CHECK(endless.rows.at("wake/mstart -> minit").max == 9'999'999.999);
}

TEST_CASE("a full set of records of all classes fits into the text") {
  std::vector<Birth> births;
  for (uint64_t i = 0; i < 8192; ++i)
    births.push_back(birth(static_cast<BirthClass>(i % 4), i + 1, even(1'000'000'000 + i), 1'000'000 + i));
  const Report report(births, 1, 4'000'000'000);
  CHECK(report.rows.size() == 12 + 10 + 10 + 9);
  CHECK(report.slowest.size() == 5);
  CHECK(report.text.size() < 8000);
}

TEST_CASE("each birth takes a record of its own until there are none; the clock is calibrated") {
  mstart::runtime::record_births();
  REQUIRE(mstart::runtime::births_recorded);
  Birth* first = mstart::runtime::new_birth();
  REQUIRE(first != nullptr);
  CHECK(reinterpret_cast<uintptr_t>(first) % 64 == 0);
  int n = 1;
  while (mstart::runtime::new_birth() != nullptr) ++n;
  CHECK(n == 8192);
  *first = birth(BirthClass::kWake, 1, even(1));
  mstart::runtime::birth_stamp(&first->minit);
  CHECK(first->minit != 0);
  mstart::runtime::births_recorded = false;
}
