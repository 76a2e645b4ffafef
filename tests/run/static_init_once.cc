// SPDX-License-Identifier: MIT
// 64 Gs enter one function-local static: it is made once, by one of them, whose constructor parks and yields meanwhile; the
// others wait for it as Gs, not as threads, and all see the same whole object.
// freestanding-only: libstdc++'s guards block the thread
#include <atomic>
#include <string>

#include "expect.h"
#include "observe.h"

using namespace mstart;

namespace {

constexpr int kGs = 64;
std::atomic<int> made{0}, entered{0};
Gate gate;

struct Slow {
  std::string text;
  int number;
  Slow() : number(0) {
    wait_until([] { return entered == kGs; });  // all others are here, or parked already
    gate.wait();
    for (int i = 0; i < 100; ++i) {
      text += "so many words ";
      yield();
    }
    number = 42;
    ++made;
  }
};

template <int kWhich>
Slow& slow() {
  static Slow it;
  return it;
}

template <int kWhich>
void once() {
  made = 0;
  entered = 0;
  std::atomic<Slow*> seen{nullptr};
  WaitGroup group;
  for (int i = 0; i < kGs; ++i) {
    group.go([&] {
      ++entered;
      Slow& it = slow<kWhich>();
      expect(it.number == 42 && it.text.size() == 1400, "the object is whole");
      Slow* other = nullptr;
      if (!seen.compare_exchange_strong(other, &it)) expect(other == &it, "there is one");
    });
  }
  group.wait();
  expect_equal(made, 1, "times it was made");
  slow<kWhich>();
  expect_equal(made, 1, "times it was made, asked once more");
}

// A static that needs another one, and a static that is made where nobody else is.
int plain() {
  static const int value = slow<2>().number + 1;
  return value;
}

}  // namespace

int main() {
  gate.open();
  once<0>();
  once<1>();
  entered = kGs;
  expect_equal(plain(), 43, "a static from a static");
  expect(threads() <= 64 / 2, "those who waited were no threads");
}
