// SPDX-License-Identifier: MIT
// Each G has an id of its own, which no other G has had before it.
#include <vector>

#include "expect.h"

using namespace mstart;

int main() {
  constexpr size_t kGs = 20'000;
  std::vector<std::atomic<uint8_t>> seen(kGs * 2);
  for (size_t i = 0; i < kGs / 100; ++i) {
    Scope scope;
    for (int n = 0; n < 100; ++n) {
      scope.go([&] {
        const uint64_t id = this_g();
        yield();
        expect(this_g() == id, "a G keeps its id");
        expect(id > 1 && id < seen.size(), "ids are given out without great gaps");
        expect(seen[id].exchange(1) == 0, "no id is used again");
      });
    }
  }
  expect(this_g() == 1, "main is 1 still");
}
