// SPDX-License-Identifier: MIT
// A program whose main never parks and starts no G ends with main's value too, and gets its arguments.
// args: one two
// status: 3
#include "expect.h"

int main(int argc, char** argv) {
  expect_equal(argc, 3, "argc");
  expect(std::string_view(argv[1]) == "one" && std::string_view(argv[2]) == "two", "argv");
  expect(argv[3] == nullptr, "argv ends in a null");
  return argc;
}
