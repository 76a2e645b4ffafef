// SPDX-License-Identifier: MIT
// What threadlab's commands print, given their measurements, and with which status the program ends.
#pragma once

#include <filesystem>
#include <string>

#include "measure.h"
#include "render.h"

namespace threadlab {

enum Exit : int { kFine = 0, kError = 1, kTooNoisy = 2, kRegression = 3 };

// The distributions of each subject. A description, so it claims nothing that noise could make wrong; it says what the
// noise was.
std::string describe(const Results& results, const Style& style, bool brief);

// How far the first subject is from each of the others. The last one of results is the control.
struct Comparison {
  std::string text;
  bool too_noisy = false;
};
Comparison compare(const Results& results, const Style& style);

// What can be measured here, why not the rest, and what would help.
std::string doctor(const std::filesystem::path& tracefs, const Style& style);

}  // namespace threadlab
