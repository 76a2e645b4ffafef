// SPDX-License-Identifier: MIT
// The ways of making threads that can be measured, and the factors that are set for all of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "record.h"

namespace threadlab {

struct Subject {
  std::string_view name;
  std::string_view program;  // beside threadlab itself
  uint32_t variant;
  std::string_view work;  // what one birth is
  std::string_view own_stack;
  std::string_view needs;  // what it is built with, where that is not a compiler's
  uint32_t most_births;    // that one process can record with all stamps
};

const std::vector<Subject>& subjects();
const Subject& subject_named(std::string_view name);  // throws, naming those that there are
std::filesystem::path program_of(const Subject& subject);

enum class Placement : uint8_t { free, same, other };  // where the newborn may run, seen from its creator

struct Factors {
  lab_parent parent = kParentBlock;
  Placement cpu = Placement::free;
  lab_stack stack = kStackOwn;
  uint32_t rest_us = 0;
  uint32_t burst = 1;
  bool operator==(const Factors&) const = default;
};

std::string_view text(lab_parent parent);
std::string_view text(Placement cpu);
std::string_view text(lab_stack stack);
// "parent block, cpu free, stack own (reused), no rest"
std::string text(const Factors& factors, const Subject* subject = nullptr);

}  // namespace threadlab
