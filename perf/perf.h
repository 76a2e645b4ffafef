// SPDX-License-Identifier: MIT
// What our own benchmark programs share: their options, and the line of JSON that each prints.
#pragma once

#include <mstart/mstart.h>

#include <cstdint>
#include <string_view>

inline bool has_option(int argc, char** argv, std::string_view name) {
  for (int i = 1; i < argc; ++i) {
    if (argv[i] == name) return true;
  }
  return false;
}

inline long operations(int argc, char** argv, long usual, long few) {
  return has_option(argc, argv, "--quick") ? few : usual;
}

inline int64_t now_ns() { return mstart::Clock::now().time_since_epoch().count(); }

inline void print_per_op(std::string_view bench, long n, int64_t ns) {
  mstart::print(R"({{"bench":"{}","peer":"mstart","clock":"monotonic","n":{},"ns_per_op":{:.2f}}})"
                "\n",
                bench, n, static_cast<double>(ns) / static_cast<double>(n));
}
