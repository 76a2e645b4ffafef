// SPDX-License-Identifier: MIT
// In a NoPreempt scope a G may start others, but to park or to yield is fatal; after it, it may again.
// cases: park yield join
// status: 2
// stderr: inside a NoPreempt scope
#include "expect.h"

using namespace mstart;

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  std::atomic<int> ran{0};
  WaitGroup group;
  {
    const NoPreempt outer;
    {
      const NoPreempt inner;
      group.go([&] { ++ran; });
    }
    group.go([&] { ++ran; });
  }
  yield();
  group.wait();
  expect_equal(ran, 2, "Gs that ran");
  const NoPreempt scope;
  if (which == "park") wait_for_ever();
  if (which == "yield") yield();
  if (which == "join") spawn([] { wait_for_ever(); }).join();  // a task that has ended would not park anybody
}
