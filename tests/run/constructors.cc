// SPDX-License-Identifier: MIT
// Static objects are constructed before main, on main's G, in order; they may start Gs, wait for them and print.
// stdout: first second main
// freestanding-only: static objects are constructed before run()
#include <string>
#include <vector>

#include "expect.h"

using namespace mstart;

namespace {

std::vector<std::string>& words() {
  static std::vector<std::string> list;
  return list;
}

struct Word {
  explicit Word(const char* text) {
    expect(this_g() == 1, "constructors run on main's G");
    spawn([=] { words().emplace_back(text); }).join();
  }
};

const Word first("first");
WaitGroup started;
const Word second("second");
const bool detached = [] {
  started.go([] { yield(); });
  return true;
}();
constinit std::atomic<int> constant{5};

}  // namespace

int main() {
  started.wait();
  expect(detached && constant == 5, "values");
  words().emplace_back("main");
  for (const std::string& word : words()) print("{}{}", &word == words().data() ? "" : " ", word);
  print("\n");
}
