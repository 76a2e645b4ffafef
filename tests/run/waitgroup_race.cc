// SPDX-License-Identifier: MIT
// add() beside wait() is no misuse while the count is not 0, nor is a group that is used again at once.
#include "expect.h"

using namespace mstart;

int main() {
  set_procs(4);
  for (int i = 0; i < rounds(2'000); ++i) {
    WaitGroup group;
    std::atomic<int> n{0};
    group.add(1);
    for (int k = 0; k < 2; ++k) {
      go([&] {
        ++n;
        group.done();
      });
      group.add(1);
    }
    group.done();
    group.wait();
    expect_equal(n, 2, "both have ended");
    group.go([&] { group.go([&] { ++n; }); });  // up from 1, by a G of the group
    group.wait();
    expect_equal(n, 3, "a G that a G of the group has started");
  }
}
