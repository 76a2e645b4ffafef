// SPDX-License-Identifier: MIT
// env() and environment() see what setenv(3) has done, wherever libc keeps the environment by then.
#include <cstdlib>
#include <string>

#include "../run/expect.h"

using namespace mstart;

int main() {
  setenv("BEFORE", "1", 1);
  return run([] {
    for (int i = 0; i < 500; ++i) {
      setenv(("VARIABLE_" + std::to_string(i)).c_str(), "value", 1);
      expect(env("BEFORE") != nullptr && std::string_view(env("BEFORE")) == "1", "what was there");
    }
    expect(env("VARIABLE_499") != nullptr && std::string_view(env("VARIABLE_499")) == "value", "what has come");
    size_t n = 0;
    while (environ[n] != nullptr) ++n;
    expect(environment().size() == n, "all of it");
  });
}
