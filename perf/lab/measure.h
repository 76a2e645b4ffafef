// SPDX-License-Identifier: MIT
// The measuring that all commands share: rounds, in each of which every subject makes births in a process of its own, first
// plain, then with stamps and the kernel's trace. Which subject comes first changes from round to round (a Latin square).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "collector.h"
#include "results.h"

namespace threadlab {

struct Plan {
  std::vector<std::string> subjects;
  bool control = false;  // the first subject once more, as another: what differs between the two is noise
  Factors factors;
  uint32_t births = 4000, rounds = 4, warmup = 50;
  uint64_t seed = 1;
  double noise_limit = .1;
  std::string kernel = "auto";  // auto, tracefs, perf, none: no kernel's moments; off: no traced rounds at all
  std::filesystem::path tracefs{kTracefs};
  bool calls = true;
  bool skip_missing = false;  // a subject that cannot be run is left out, with its reason; otherwise it is an error
  int verbosity = 0;          // -1: no progress
};

Results measure(const Plan& plan, const std::string& command);

}  // namespace threadlab
