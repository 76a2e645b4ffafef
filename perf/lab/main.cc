// SPDX-License-Identifier: MIT
// threadlab's command line.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "commands.h"
#include "process.h"

namespace threadlab {
namespace {

struct Options {
  Plan plan;
  std::string list;       // run's subjects
  std::string json, csv;  // files; "-": standard output, and then nothing else goes there
  bool ascii = false, quiet = false;
  int verbose = 0;
};

// An option with named values.
template <class T>
void choice(CLI::App* app, const char* name, T& value, const std::map<std::string, T>& choices, const char* what) {
  std::vector<std::string> names;
  for (const auto& [each, meaning] : choices) names.push_back(each);
  app->add_option_function<std::string>(
         name, [&value, choices](const std::string& given) { value = choices.at(given); }, what)
      ->check(CLI::IsMember(names));
}

void add_measuring(CLI::App* app, Options& o) {
  Factors& f = o.plan.factors;
  app->add_option("-n,--births", o.plan.births, "births of each subject, in all rounds together")
      ->check(CLI::Range(1U, 100'000'000U));
  app->add_option("--rounds", o.plan.rounds, "processes that they are made in")->check(CLI::Range(1U, 100'000U));
  app->add_option("--warmup", o.plan.warmup, "births at the start of each process that are not counted");
  app->add_option("--seed", o.plan.seed, "of the order of subjects, and of resampling");
  choice<lab_parent>(app, "--parent", f.parent, {{"block", kParentBlock}, {"spin", kParentSpin}},
                     "what the creator does meanwhile: block, spin");
  choice<Placement>(
      app, "--cpu", f.cpu, {{"free", Placement::free}, {"same", Placement::same}, {"other", Placement::other}},
      "where the newborn may run: free, same (all on one CPU), other (those on the creator's do not count)");
  choice<lab_stack>(app, "--stack", f.stack, {{"own", kStackOwn}, {"fresh", kStackFresh}, {"reused", kStackReused}},
                    "its stack: own (as the subject does by itself), fresh, reused");
  app->add_option("--rest", f.rest_us, "microseconds between births");
  app->add_option("--burst", f.burst, "so many at once; measured until all of them run, and until all may be reused")
      ->check(CLI::Range(1U, 1000U));
  app->add_option("--kernel", o.plan.kernel,
                  "source of the kernel's moments; none: stamps in user space only; off: no stamps")
      ->check(CLI::IsMember({"auto", "tracefs", "perf", "none", "off"}));
  app->add_option("--noise-limit", o.plan.noise_limit, "share of time that others may take")
      ->check(CLI::Range(0.0, 1.0));
  app->add_flag("!--no-calls", o.plan.calls, "do not count system calls");
  app->add_option("--json", o.json, "write everything to this file, -: standard output");
  app->add_option("--csv", o.csv, "write a row for each birth to this file, -: standard output");
}

void add_common(CLI::App* app, Options& o) {
  app->add_flag("--ascii", o.ascii, "no characters beyond ASCII");
  app->add_flag("-q,--quiet", o.quiet, "no progress, no details");
  app->add_flag("-v,--verbose", o.verbose, "progress in lines");
  app->add_option("--tracefs", o.plan.tracefs, "where tracefs is mounted")->group("");
}

void write_file(const std::string& name, const Results& results, void (*writer)(std::ostream&, const Results&)) {
  if (name.empty()) return;
  if (name == "-") {
    writer(std::cout, results);
    std::cout.flush();
    return;
  }
  std::ofstream file(name);
  writer(file, results);
  file.flush();
  if (!file) throw std::runtime_error(fmt::format("cannot write {}", name));
}

void write_files(const Options& o, const Results& results) {
  write_file(o.json, results, write_json);
  write_file(o.csv, results, write_csv);
}

bool stdout_is_taken(const Options& o) { return o.json == "-" || o.csv == "-"; }

int run(Options& o, const std::string& command, const Style& style) {
  const Results results = measure(o.plan, command);
  write_files(o, results);
  if (!stdout_is_taken(o)) fmt::print("{}", describe(results, style, o.quiet));
  for (const SubjectResult& subject : results.subjects) {
    if (subject.problem.empty()) return kFine;
  }
  return kError;
}

int compare_subjects(Options& o, const std::string& command, const Style& style) {
  o.plan.control = true;
  const Results results = measure(o.plan, command);
  write_files(o, results);
  const Comparison comparison = compare(results, style);
  if (!stdout_is_taken(o)) fmt::print("{}", comparison.text);
  return comparison.too_noisy ? kTooNoisy : kFine;
}

std::string subject_list() {
  std::string text = "subjects:\n";
  for (const Subject& subject : subjects()) text += fmt::format("  {:<16}{}\n", subject.name, subject.work);
  return text + "exit status: 0 fine, 1 error, 2 too noisy to say";
}

int parse_and_run(int argc, char** argv) {
  Options o;
  CLI::App app("How threads are born: end to end and by phase, in user space and in the kernel, on one clock.",
               "threadlab");
  app.require_subcommand(1);
  app.footer(subject_list());
  CLI::App* run_command = app.add_subcommand("run", "measure; table, histogram, phases near p50 and p99");
  run_command->add_option("subjects", o.list, "SUBJECT[,SUBJECT...]")->required();
  CLI::App* compare_command =
      app.add_subcommand("compare", "how far the first subject is from the others; refuses if it is too noisy");
  compare_command->add_option("subjects", o.plan.subjects, "SUBJECT SUBJECT...")->required()->expected(2, -1);
  CLI::App* doctor_command =
      app.add_subcommand("doctor", "what can be measured here, why not the rest, and what would help");
  for (CLI::App* command : {run_command, compare_command}) add_measuring(command, o);
  for (CLI::App* command : {run_command, compare_command, doctor_command}) add_common(command, o);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kFine : kError;
  }
  if (*compare_command && compare_command->count("--rounds") == 0) o.plan.rounds = 12;
  o.plan.verbosity = o.quiet ? -1 : o.verbose;
  std::string item;
  for (std::stringstream list(o.list); std::getline(list, item, ',');) o.plan.subjects.push_back(item);
  o.plan.skip_missing = o.plan.subjects.size() > 1 && *run_command;
  const Style style{o.ascii, isatty(1) != 0 && getenv("NO_COLOR") == nullptr};
  std::string command = "threadlab";
  for (int i = 1; i < argc; ++i) command += fmt::format(" {}", argv[i]);
  if (*doctor_command) {
    fmt::print("{}", doctor(o.plan.tracefs, style));
    return kFine;
  }
  return *run_command ? run(o, command, style) : compare_subjects(o, command, style);
}

}  // namespace
}  // namespace threadlab

int main(int argc, char** argv) try {
  threadlab::catch_interrupts();
  return threadlab::parse_and_run(argc, argv);
} catch (const threadlab::Interrupted&) {
  return 128 + SIGINT;
} catch (const std::exception& error) {
  fmt::print(stderr, "threadlab: {}\n", error.what());
  return threadlab::kError;
}
