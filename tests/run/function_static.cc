// SPDX-License-Identifier: MIT
// 64 Gs enter one function-local static at once: it is made once, by one of them, whose constructor parks and yields meanwhile;
// the others wait for it as Gs, not as threads, and all see the same whole object.
#include <string>

#include "observe.h"

using namespace mstart;

namespace {

constexpr int kGs = 64;
std::atomic<int> made{0}, entered{0};

struct Slow {
  std::string text;
  int numbers[100] = {};
  Slow() {
    ++made;
    wait_until([] { return entered == kGs; });  // the others have come, and most are parked
    for (int& n : numbers) {
      text += "so many words ";
      spawn([&n] { n = 7; }).join();
    }
  }
};

template <int kWhich>
Slow& slow() {
  static Slow it;
  return it;
}

// A static that needs another one.
template <int kWhich>
int nested() {
  static const int value = slow<kWhich>().numbers[99] + 1;
  return value;
}

template <int kWhich>
void once() {
  made = entered = 0;
  std::atomic<Slow*> seen{nullptr};
  std::atomic<int> sum{0};
  Gate gate;
  Scope scope;
  for (int i = 0; i < kGs; ++i) {
    scope.go([&] {
      gate.wait();
      ++entered;
      Slow& it = slow<kWhich>();
      expect(it.text.size() == 1400, "the object is whole");
      for (const int n : it.numbers) expect_equal(n, 7, "an element");
      Slow* other = nullptr;
      if (!seen.compare_exchange_strong(other, &it)) expect(other == &it, "there is one");
      sum += nested<kWhich>();
    });
  }
  gate.open();
  scope.wait();
  expect_equal(sum, kGs * 8, "the sum");
  slow<kWhich>();
  expect_equal(made, 1, "times it was made");
}

}  // namespace

int main() {
  set_procs(4);
  once<0>();
  once<1>();
  expect(threads() <= kGs / 2, "those who waited were no threads");
}
