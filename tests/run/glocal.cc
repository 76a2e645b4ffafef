// SPDX-License-Identifier: MIT
// GLocal: one value a G, made at the first get(), destroyed when the G ends: after what its function returns from or at goexit(),
// before its function object and before those that wait for the G go on.
#include "expect.h"

using namespace mstart;

namespace {

std::atomic<int> made{0}, destroyed{0};

struct Counted {
  int value = 7;
  Counted() { ++made; }
  ~Counted() { ++destroyed; }
};

constinit GLocal<Counted> counted;
constinit GLocal<int> number;
constinit GLocal<std::string_view> text;

struct alignas(256) Wide {
  char bytes[300] = {};
};
constinit GLocal<Wide> wide;

void one_each() {
  Scope scope;
  constexpr int kGs = 50;
  for (int i = 0; i < kGs; ++i) {
    scope.go([i] {
      expect_equal(number.get(), 0, "value-initialised");
      expect_equal(counted.get().value, 7, "made");
      number.get() = i;
      counted.get().value = -i;
      for (int k = 0; k < 10; ++k) {
        yield();  // others run here, and this one elsewhere
        expect(number.get() == i && counted.get().value == -i, "its own");
      }
      expect(reinterpret_cast<uintptr_t>(&wide.get()) % 256 == 0, "aligned");
      expect(&wide.get() == &wide.get(), "the same");
      if (i % 2 == 0) goexit();
    });
  }
  scope.wait();
  expect_equal(made, kGs, "made");
  expect_equal(destroyed, kGs, "destroyed before wait() returns");
}

// Last made, first destroyed; a destructor may use others, and what it makes is destroyed too.
std::atomic<int> order{0};
struct First {
  ~First() { expect_equal(order++, 2, "the first made is the last"); }
};
struct Late {
  int value = 0;
  ~Late() { expect_equal(order++, 1, "made by a destructor"); }
};
constinit GLocal<Late> late;
struct Second {
  ~Second() {
    expect_equal(order++, 0, "the last made is the first");
    late.get().value = 1;
  }
};
constinit GLocal<First> first;
constinit GLocal<Second> second;

void in_order() {
  struct Function {
    bool moved = false;
    Function() = default;
    Function(Function&& other) noexcept { other.moved = true; }
    ~Function() {
      if (!moved && order != 0) expect_equal(order++, 3, "the function object");
    }
    void operator()() {
      (void)first.get();
      (void)second.get();
    }
  };
  WaitGroup ended;
  ended.go(Function());
  ended.wait();
  expect_equal(order, 4, "all of them");
}

// In a Once, whose own entry is in the same list.
void beside_once() {
  Once once;
  const int before = destroyed;
  Scope scope;
  scope.go([&] {
    once.call([] { (void)counted.get(); });
    expect_equal(counted.get().value, 7, "made in a Once");
  });
  scope.wait();
  expect_equal(destroyed, before + 1, "destroyed");
}

}  // namespace

int main() {
  set_procs(4);
  text.get() = "main's";
  one_each();
  in_order();
  beside_once();
  expect(text.get() == "main's", "main's");
}
