// SPDX-License-Identifier: MIT
// A Scope waits for all of its Gs, in its destructor too; its Gs may start others in it, and it may be used again.
#include "expect.h"

using namespace mstart;

namespace {

void tree(Scope& scope, std::atomic<int>& leaves, int depth) {
  if (depth == 0) {
    ++leaves;
    return;
  }
  for (int i = 0; i < 2; ++i) scope.go([&scope, &leaves, depth] { tree(scope, leaves, depth - 1); });
}

}  // namespace

int main() {
  std::atomic<int> ended{0};
  {
    Scope scope;
    for (int i = 0; i < 100; ++i) {
      scope.go([&] {
        yield();
        ++ended;
      });
    }
  }
  expect_equal(ended, 100, "Gs that ended before the scope did");

  std::atomic<int> leaves{0};
  Scope scope;
  scope.wait();  // nothing yet
  tree(scope, leaves, 10);
  scope.wait();
  expect_equal(leaves, 1024, "leaves of the tree");
  scope.go(GoOptions{.stack_bytes = size_t{256} * 1024, .name = "named"}, [&] { ++leaves; });
  scope.wait();
  expect_equal(leaves, 1025, "leaves");

  Scope outer;
  for (int i = 0; i < 10; ++i) {
    outer.go([&] {
      std::atomic<int> inner_ended{0};
      {
        Scope inner;
        for (int n = 0; n < 10; ++n) inner.go([&] { ++inner_ended; });
      }
      expect_equal(inner_ended, 10, "Gs of an inner scope");
    });
  }
}
