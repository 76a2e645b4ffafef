// SPDX-License-Identifier: MIT
// Function objects of all kinds: copied or moved once into the G, small ones in it, large and over-aligned ones elsewhere,
// invoked as an rvalue, destroyed once when the G ends.
#include <functional>
#include <memory>

#include "observe.h"

using namespace mstart;

namespace {

std::atomic<int> alive{0}, copies{0}, runs{0};

template <size_t kBytes, size_t kAlign>
struct Function {
  Function() { ++alive; }
  Function(const Function& other) : value(other.value) { ++alive, ++copies; }
  Function(Function&& other) noexcept : value(other.value) { ++alive; }
  ~Function() { --alive; }
  void operator()() & { expect(false, "invoked as an lvalue"); }
  void operator()() && {
    expect(reinterpret_cast<uintptr_t>(this) % kAlign == 0, "the alignment");
    expect_equal(value, 123, "what it holds");
    value = 0;
    ++runs;
  }
  alignas(kAlign) char value = 123;
  char more[kBytes];
};

template <size_t kBytes, size_t kAlign>
void check_kind() {
  using Fn = Function<kBytes, kAlign>;
  alive = copies = runs = 0;
  {
    Fn named;
    const Fn constant;
    Scope scope;
    scope.go(Fn());
    scope.go(named);
    scope.go(constant);
    scope.go(std::move(named));
    scope.wait();
    expect_equal(alive, 2, "objects, when the Gs have ended");
  }
  expect_equal(alive, 0, "objects at the end");
  expect_equal(copies, 2, "copies");
  expect_equal(runs, 4, "runs");
}

// Large ones, of 5 MB each time; what is kept of them adds up.
void check_memory() {
  const auto thousand = [] {
    Scope scope;
    for (int i = 0; i < 1000; ++i) scope.go(Function<5000, 8>());
  };
  thousand();
  const int64_t before = rss_kb();
  for (int round = 0; round < rounds(50); ++round) thousand();
  if (!emulated()) expect(rss_kb() - before < 50 * 1024, "the memory of large ones is used again");
}

void function_itself() { ++runs; }

struct Member {
  int n = 5;
  void run() const { runs += n; }
};

}  // namespace

int main() {
  check_kind<1, 1>();
  check_kind<95, 1>();
  check_kind<96, 1>();
  check_kind<16, 16>();
  check_kind<16, 32>();
  check_kind<5000, 8>();
  check_kind<100'000, 64>();
  check_kind<64, 4096>();
  check_memory();
  Scope scope;
  runs = 0;
  void (*const pointer)() = function_itself;
  const std::function<void()> held = function_itself;
  const Member member;
  scope.go(function_itself);
  scope.go(&function_itself);
  scope.go(pointer);
  scope.go(held);
  scope.go(std::bind_front(&Member::run, &member));
  scope.go([n = std::make_unique<int>(100)]() mutable { runs += *std::exchange(n, nullptr); });
  scope.go([] { ++runs; });
  scope.wait();
  expect_equal(runs, 4 + 5 + 100 + 1, "the sum of the others");
}
