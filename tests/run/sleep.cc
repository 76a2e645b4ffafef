// SPDX-License-Identifier: MIT
// A sleep is never short.
#include "expect.h"
using namespace mstart;
using namespace std::chrono_literals;
int main() {
  for (int i = 0; i < 20; ++i) {
    const auto start = Clock::now();
    sleep_for(50us);
    const auto took = Clock::now() - start;
    expect(took >= 50us, "short");
    print("{}\n", took);
  }
  Scope scope;
  for (int i = 0; i < 100; ++i) scope.go([] { sleep_for(1ms); });
  scope.wait();
}
