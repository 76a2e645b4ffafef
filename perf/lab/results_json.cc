// SPDX-License-Identifier: MIT
// Results as JSON. A birth is an array: what is beside its path, then its moments in ticks since its begin (null: not there),
// as "birth_columns" says. Summaries of the samples are added for readers that want no more than those.
#include <fmt/format.h>

#include <algorithm>
#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>

#include "results.h"
#include "stats.h"

namespace threadlab {

using json = nlohmann::ordered_json;  // the environment's order is to be kept

namespace {

constexpr uint32_t Birth::* kFields[] = {&Birth::place,          &Birth::tid,         &Birth::cpu,
                                         &Birth::creator_tid,    &Birth::creator_cpu, &Birth::faults,
                                         &Birth::creator_faults, &Birth::switches,    &Birth::creator_switches};
constexpr const char* kFieldNames[] = {
    "place", "tid", "cpu", "creator_tid", "creator_cpu", "faults", "creator_faults", "switches", "creator_switches"};
constexpr uint64_t Birth::* kBeside[] = {&Birth::created, &Birth::released, &Birth::reusable};
constexpr const char* kBesideNames[] = {"created", "released", "reusable"};

json since(uint64_t begin, uint64_t moment) { return moment == 0 ? json() : json(moment - begin); }
uint64_t moment_of(uint64_t begin, const json& ticks) { return ticks.is_null() ? 0 : begin + ticks.get<uint64_t>(); }

json columns() {
  json names = {"labels", "disordered"};
  for (const char* name : kFieldNames) names.push_back(name);
  for (const char* name : kBesideNames) names.push_back(name);
  for (const std::string_view name : kMomentNames) names.push_back(name);
  return names;
}

json of_birth(const Birth& b) {
  const uint64_t begin = b[At::begin];
  json row = {b.labels, b.disordered};
  for (const auto field : kFields) row.push_back(b.*field);
  for (const auto field : kBeside) row.push_back(since(begin, b.*field));
  row.push_back(begin);
  for (size_t i = 1; i < kMoments; ++i) row.push_back(since(begin, b.at[i]));
  return row;
}

Birth to_birth(const json& row) {
  Birth b;
  size_t at = 0;
  b.labels = row.at(at++);
  b.disordered = row.at(at++);
  for (const auto field : kFields) b.*field = row.at(at++);
  const size_t beside = at;
  at += std::size(kBeside);
  const uint64_t begin = row.at(at++);
  b[At::begin] = begin;
  for (size_t i = 0; i < std::size(kBeside); ++i) b.*kBeside[i] = moment_of(begin, row.at(beside + i));
  for (size_t i = 1; i < kMoments; ++i) b.at[i] = moment_of(begin, row.at(at++));
  return b;
}

// The quantiles that there are enough samples for, of the births' whole, or of bursts'.
json summary(std::vector<double> ns) {
  json s = {{"n", ns.size()}};
  if (ns.empty()) return s;
  std::sort(ns.begin(), ns.end());
  for (const auto& [name, q] : {std::pair{"p50_ns", .5}, {"p90_ns", .9}, {"p99_ns", .99}, {"p999_ns", .999}}) {
    const auto interval = quantile_interval(ns, q, .95);
    s[name] = interval ? json(quantile(ns, q)) : json();
    s[std::string(name) + "_interval"] = interval ? json{interval->low, interval->high} : json();
  }
  s["min_ns"] = ns.front();
  s["max_ns"] = ns.back();
  return s;
}

json of_subject(const SubjectResult& s, const Results& results) {
  json o = {{"name", s.name}, {"problem", s.problem}, {"rounds", json::array()}};
  const Samples plain = samples_of(s, Round::Kind::plain, results.factors.burst);
  auto ns = [&](std::vector<double> ticks) {
    for (double& t : ticks) t *= results.ns_per_tick;
    return ticks;
  };
  o["summary"] = summary(ns(plain.whole));
  if (results.factors.burst > 1) o["summary_end"] = summary(ns(plain.reuse));
  if (s.calls) o["calls"] = {{"creator", s.calls->creator}, {"newborn", s.calls->newborn}, {"names", s.calls->names}};
  for (const Round& round : s.rounds) {
    json births = json::array();
    for (const Birth& birth : round.births) births.push_back(of_birth(birth));
    o["rounds"].push_back({{"kind", round.kind == Round::Kind::plain ? "plain" : "traced"},
                           {"lost_events", round.lost_events},
                           {"births", std::move(births)}});
  }
  return o;
}

SubjectResult to_subject(const json& o) {
  SubjectResult s{o.at("name"), {}, {}, o.at("problem")};
  if (o.contains("calls")) s.calls = Calls{o["calls"].at("creator"), o["calls"].at("newborn"), o["calls"].at("names")};
  for (const json& round : o.at("rounds")) {
    Round& r = s.rounds.emplace_back();
    r.kind = round.at("kind") == "plain" ? Round::Kind::plain : Round::Kind::traced;
    r.lost_events = round.at("lost_events");
    for (const json& row : round.at("births")) r.births.push_back(to_birth(row));
  }
  return s;
}

}  // namespace

void write_json(std::ostream& out, const Results& r) {
  json environment = json::object();
  for (const auto& [key, value] : r.environment) environment[key] = value;
  json o = {{"schema", "threadlab"},
            {"schema_version", Results::kSchemaVersion},
            {"command", r.command},
            {"environment", std::move(environment)},
            {"factors",
             {{"parent", r.factors.parent},
              {"cpu", r.factors.cpu},
              {"stack", r.factors.stack},
              {"rest_us", r.factors.rest_us},
              {"burst", r.factors.burst},
              {"text", text(r.factors)}}},
            {"order", {{"births", r.births}, {"rounds", r.rounds}, {"warmup", r.warmup}, {"seed", r.seed}}},
            {"clock", {{"ns_per_tick", r.ns_per_tick}, {"error_ns", r.clock_error_ns}}},
            {"collector", r.collector},
            {"noise",
             {{"hiccups", r.noise.hiccups},
              {"others", r.noise.others},
              {"steal", r.noise.steal},
              {"out_of_order", r.noise.out_of_order},
              {"limit", r.noise.limit},
              {"noisy", r.noise.noisy()}}},
            {"birth_columns", columns()},
            {"subjects", json::array()}};
  for (const SubjectResult& subject : r.subjects) o["subjects"].push_back(of_subject(subject, r));
  out << o << '\n';
}

Results read_json(std::istream& in) try {
  const json o = json::parse(in);
  if (o.value("schema", "") != "threadlab") throw std::runtime_error("this is no result of threadlab");
  if (o.at("schema_version") != Results::kSchemaVersion)
    throw std::runtime_error(
        fmt::format("schema version {}, and not {}", o.at("schema_version").dump(), Results::kSchemaVersion));
  if (o.at("birth_columns") != columns()) throw std::runtime_error("columns of births that are not known");
  Results r;
  r.command = o.at("command");
  for (const auto& [key, value] : o.at("environment").items()) r.environment.emplace_back(key, value);
  const json &f = o.at("factors"), &order = o.at("order"), &noise = o.at("noise");
  r.factors = {f.at("parent"), f.at("cpu"), f.at("stack"), f.at("rest_us"), f.at("burst")};
  r.births = order.at("births"), r.rounds = order.at("rounds"), r.warmup = order.at("warmup"),
  r.seed = order.at("seed");
  r.ns_per_tick = o.at("clock").at("ns_per_tick"), r.clock_error_ns = o.at("clock").at("error_ns");
  r.collector = o.at("collector");
  r.noise = {noise.at("hiccups"), noise.at("others"), noise.at("steal"), noise.at("out_of_order"), noise.at("limit")};
  for (const json& subject : o.at("subjects")) r.subjects.push_back(to_subject(subject));
  return r;
} catch (const json::exception& error) {
  throw std::runtime_error(fmt::format("not readable as a result of threadlab: {}", error.what()));
}

}  // namespace threadlab
