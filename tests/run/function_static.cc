// SPDX-License-Identifier: MIT
// 64 Gs enter one function-local static at once, whose initialisation parks: it is made once, and all see the whole of it.
// freestanding-only: libstdc++'s guards block the thread
#include "expect.h"

using namespace mstart;

namespace {

std::atomic<int> made{0};

struct Object {
  Object() {
    ++made;
    for (int& n : numbers) {
      yield();
      n = 7;
    }
  }
  int numbers[100] = {};
};

Object& the_object() {
  static Object object;
  return object;
}

int nested() {
  static const int inner = the_object().numbers[99] + 1;
  return inner;
}

}  // namespace

int main() {
  set_procs(4);
  std::atomic<int> here{0}, sum{0};
  Gate gate;
  Scope scope;
  for (int i = 0; i < 64; ++i) {
    scope.go([&] {
      ++here;
      gate.wait();
      for (const int n : the_object().numbers) expect_equal(n, 7, "an element");
      sum += nested();
    });
  }
  wait_until([&] { return here == 64; });
  gate.open();
  scope.wait();
  expect_equal(made, 1, "objects made");
  expect_equal(sum, 64 * 8, "the sum");
}
