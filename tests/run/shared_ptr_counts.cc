// SPDX-License-Identifier: MIT
// 8 Gs copy and drop one shared_ptr a million times: the count is right at the end, and the object is destroyed once.
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
  auto shared = std::make_shared<Shared>();
  const std::weak_ptr<Shared> weak = shared;
  WaitGroup group;
  for (int i = 0; i < 8; ++i) {
    group.go([shared] {
      for (int j = 0; j < rounds(1'000'000); ++j) {
        const std::shared_ptr<Shared> copy = shared;
        asm volatile("" ::"r"(copy.get()) : "memory");
        if ((j & 0xffff) == 0) yield();
      }
    });
  }
  group.wait();
  wait_until([&] { return shared.use_count() == 1; });  // a G's function object may go after its done()
  shared.reset();
  expect_equal(destroyed, 1, "times it was destroyed");
  expect(weak.expired(), "nobody has it");
}
