// SPDX-License-Identifier: MIT
// goexit() ends its G only, from however deep: its Scope, WaitGroup and Task are done, its function object is destroyed, but
// nothing on its stack. A NoPreempt scope that it leaves open is not the next G's.
#include "expect.h"

using namespace mstart;

namespace {

std::atomic<int> functions_destroyed{0}, locals_destroyed{0};

struct Function {
  Function() = default;
  Function(Function&& other) noexcept : mine(std::exchange(other.mine, false)) {}
  ~Function() { functions_destroyed += mine ? 1 : 0; }
  void operator()() const;
  bool mine = true;
};
struct Local {
  ~Local() { ++locals_destroyed; }
};

[[gnu::noinline]] void deep(int n) {
  const Local local;
  if (n > 0) deep(n - 1);
  if (n == 0) goexit();
}

void Function::operator()() const {
  const Local local;
  deep(10);
  expect(false, "goexit does not return");
}

}  // namespace

int main() {
  {
    Scope scope;
    scope.go(Function());
  }
  expect_equal(functions_destroyed, 1, "function objects destroyed");
  WaitGroup group;
  for (int i = 0; i < 100; ++i) group.go(Function());
  group.wait();
  expect_equal(functions_destroyed, 101, "function objects destroyed");
  Task<void> task = spawn(Function());
  task.join();
  expect_equal(functions_destroyed, 102, "function objects destroyed");
  expect_equal(locals_destroyed, 0, "destructors run on dropped stacks");
  go(Function());
  wait_until([] { return num_g() == 1; });
  expect_equal(functions_destroyed, 103, "function objects destroyed");
  // As many as there are dead Gs, so that each of those is used again.
  for (int round = 0; round < 2; ++round) {
    Scope scope;
    for (int i = 0; i < 500; ++i) {
      scope.go([=] {
        if (round != 0) return yield();
        const NoPreempt open;
        goexit();
      });
    }
  }
}
