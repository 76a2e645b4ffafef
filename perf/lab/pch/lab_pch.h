// SPDX-License-Identifier: MIT
// Compiled once, before the tool's files, each of which includes what it needs.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>
