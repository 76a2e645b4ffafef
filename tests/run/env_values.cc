// SPDX-License-Identifier: MIT
// env() and environment() show what the process was started with.
// env: MSTART_TEST_VALUE=some value
#include "expect.h"

using namespace mstart;

int main() {
  expect(std::string_view(env("MSTART_TEST_VALUE")) == "some value", "a variable");
  expect(env("MSTART_TEST_VALU") == nullptr && env("MSTART_TEST_VALUE_") == nullptr && env("") == nullptr,
         "none of that name");
  bool found = false;
  for (const char* entry : environment()) found |= std::string_view(entry) == "MSTART_TEST_VALUE=some value";
  expect(found, "it is in the environment");
}
