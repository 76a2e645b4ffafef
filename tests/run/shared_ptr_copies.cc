// SPDX-License-Identifier: MIT
// 8 Gs copy one shared_ptr a million times each: its counts are atomic, though the program starts with one thread and
// libstdc++ asks whether it has more.
#include <memory>

#include "expect.h"

using namespace mstart;

int main() {
  set_procs(4);
  const int n = rounds(1'000'000);
  std::atomic<int> destroyed{0};
  {
    const std::shared_ptr<int> one(new int(7), [&](int* p) {
      ++destroyed;
      delete p;
    });
    Scope scope;
    for (int g = 0; g < 8; ++g) {
      scope.go([=] {
        for (int i = 0; i < n; ++i) {
          const std::shared_ptr<int> copy = one;
          expect(*copy == 7, "the object");
          if (i % 10'000 == 0) yield();
        }
      });
    }
    scope.wait();
    wait_until([] { return num_g() == 1; });
    expect_equal(one.use_count(), 1, "references in the end");
    expect_equal(destroyed, 0, "not destroyed yet");
  }
  expect_equal(destroyed, 1, "destroyed once");
}
