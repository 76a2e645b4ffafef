// SPDX-License-Identifier: MIT
// When main calls goexit() the other Gs go on; one of them ends the process.
// status: 5
// no-stderr
#include "expect.h"

using namespace mstart;

int main() {
  go([] {
    wait_until([] { return num_g() == 1; });  // main is gone
    Scope scope;
    std::atomic<int> sum{0};
    for (int i = 0; i < 100; ++i) scope.go([&] { ++sum; });
    scope.wait();
    expect_equal(sum, 100, "Gs that ran after main was gone");
    exit_process(5);
  });
  goexit();
}
