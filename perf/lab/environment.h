// SPDX-License-Identifier: MIT
// Where something was measured. No result is shown without it.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace threadlab {

using Environment = std::vector<std::pair<std::string, std::string>>;

Environment environment();
std::string read_line(const std::string& file);  // the first; empty if it cannot be read

}  // namespace threadlab
