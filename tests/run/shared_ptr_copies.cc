// SPDX-License-Identifier: MIT
// 8 Gs copy one shared_ptr a million times each, every other time from a weak_ptr: its counts are atomic, though the program
// starts with one thread and libstdc++ asks whether it has more. The object is destroyed once, in the end.
#include <memory>

#include "expect.h"

using namespace mstart;

namespace {

std::atomic<int> destroyed{0};

struct Shared {
  int value = 7;
  ~Shared() { ++destroyed; }
};

}  // namespace

int main() {
  set_procs(4);
  const int n = rounds(1'000'000);
  auto one = std::make_shared<Shared>();
  const std::weak_ptr<Shared> weak = one;
  Scope scope;
  for (int g = 0; g < 8; ++g) {
    scope.go([=] {
      for (int i = 0; i < n; ++i) {
        const std::shared_ptr<Shared> copy = i % 2 == 0 ? one : weak.lock();
        asm volatile("" ::"r"(copy.get()) : "memory");
        expect(copy->value == 7, "the object");
        if (i % 10'000 == 0) yield();
      }
    });
  }
  scope.wait();
  wait_until([] { return num_g() == 1; });
  expect_equal(one.use_count(), 1, "references in the end");
  expect_equal(destroyed, 0, "not destroyed yet");
  one.reset();
  expect_equal(destroyed, 1, "times it was destroyed");
  expect(weak.expired(), "nobody has it");
}
