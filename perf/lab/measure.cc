// SPDX-License-Identifier: MIT
// Rounds, in their order.
#include "measure.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

#include "count.h"
#include "process.h"
#include "stats.h"

namespace threadlab {
namespace {

// One line on the terminal, rewritten.
class Progress {
 public:
  explicit Progress(int verbosity) : verbosity_(verbosity), live_(verbosity >= 0 && isatty(2) != 0) {}
  ~Progress() {
    if (live_) fmt::print(stderr, "\r\033[K");
  }
  void say(const std::string& text) const {
    if (live_)
      fmt::print(stderr, "\r\033[K{}", text);
    else if (verbosity_ > 0)
      fmt::print(stderr, "threadlab: {}\n", text);
  }

 private:
  int verbosity_;
  bool live_;
};

// The best collector that there is; why not the others, in `why`.
std::unique_ptr<Collector> choose(const Plan& plan, std::string& why) {
  const bool any = plan.kernel == "auto";
  if (any || plan.kernel == "tracefs") try {
      return collect_by_tracefs(plan.tracefs);
    } catch (const std::runtime_error& error) {
      if (!any) throw;
      why = error.what();
    }
  if (any || plan.kernel == "perf") try {
      return collect_by_perf();
    } catch (const std::runtime_error& error) {
      if (!any) throw;
      why += fmt::format("; {}", error.what());
    }
  return nullptr;
}

uint64_t disordered(const std::vector<SubjectResult>& subjects) {
  uint64_t n = 0;
  for (const SubjectResult& subject : subjects) {
    for (const Round& round : subject.rounds) {
      for (const Birth& birth : round.births) n += birth.disordered ? 1 : 0;
    }
  }
  return n;
}

}  // namespace

Results measure(const Plan& plan, const std::string& command) {
  Results results;
  results.command = command;
  results.environment = environment();
  results.factors = plan.factors;
  results.births = plan.births, results.rounds = plan.rounds, results.warmup = plan.warmup, results.seed = plan.seed;
  for (const std::string& name : plan.subjects)
    results.subjects.push_back({std::string(subject_named(name).name), {}, {}, ""});
  if (plan.control) results.subjects.push_back({plan.subjects[0], {}, {}, ""});

  std::string why;
  const std::unique_ptr<Collector> collector = choose(plan, why);
  results.collector = collector     ? std::string(collector->name())
                      : why.empty() ? "(not asked for)"
                                    : fmt::format("({})", why);
  const Progress progress(plan.verbosity);
  const Moment start = now();
  NoiseMeter noise;
  const uint32_t each = (plan.births + plan.rounds - 1) / plan.rounds;
  for (uint32_t round = 0; round < plan.rounds; ++round) {
    noise.between_rounds();
    const std::vector<int> turn =
        latin_row(static_cast<int>(results.subjects.size()), static_cast<int>(round), plan.seed);
    for (const bool traced : {false, true}) {
      if (traced && plan.kernel == "off") continue;
      for (const int i : turn) {
        SubjectResult& subject = results.subjects[static_cast<size_t>(i)];
        const bool is_control = plan.control && static_cast<size_t>(i) + 1 == results.subjects.size();
        if (!subject.problem.empty() || (traced && is_control)) continue;
        progress.say(
            fmt::format("round {} of {}: {}{}", round + 1, plan.rounds, subject.name, traced ? ", traced" : ""));
        try {
          const Order order{&subject_named(subject.name), plan.factors, each, plan.warmup, traced};
          subject.rounds.push_back(run_round(order, traced ? collector.get() : nullptr, start));
        } catch (const std::runtime_error& error) {
          if (!plan.skip_missing) throw;
          subject.problem = error.what();
          subject.rounds.clear();
        }
      }
    }
  }
  noise.between_rounds();
  const Fit fit = fit_since(start);
  results.ns_per_tick = fit.ns_per_tick;
  results.clock_error_ns = fit.error_ns;
  results.noise = noise.summary(plan.noise_limit);
  results.noise.out_of_order = disordered(results.subjects);
  for (SubjectResult& subject : results.subjects) {
    if (!plan.calls || !subject.problem.empty() || (plan.control && &subject == &results.subjects.back())) continue;
    progress.say(fmt::format("system calls: {}", subject.name));
    std::string problem;
    subject.calls = count_calls(subject_named(subject.name), plan.factors, problem);
  }
  return results;
}

}  // namespace threadlab
