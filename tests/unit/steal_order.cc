// SPDX-License-Identifier: MIT
// Whatever the random number, a thief visits each P once; and all starting points and directions occur.
#include "runtime/steal_order.h"

#include <doctest/doctest.h>

#include <set>
#include <utility>
#include <vector>

using mstart::runtime::StealOrder;

TEST_CASE("each P once") {
  for (uint32_t n = 1; n <= 64; ++n) {
    for (uint32_t high = 0; high < 70; ++high) {
      for (uint32_t low = 0; low < n; ++low) {
        std::vector<int> visits(n);
        uint32_t steps = 0;
        for (StealOrder order(high << 16 | low, n); !order.done(); order.next(), ++steps) ++visits.at(order.position());
        REQUIRE(steps == n);
        for (const int v : visits) REQUIRE(v == 1);
      }
    }
  }
}

TEST_CASE("all beginnings, and all steps without a common divisor") {
  constexpr uint32_t kPs = 12;
  std::set<std::pair<uint32_t, uint32_t>> seen;  // the first two
  for (uint32_t high = 0; high < kPs; ++high) {
    for (uint32_t low = 0; low < kPs; ++low) {
      StealOrder order(high << 16 | low, kPs);
      const uint32_t first = order.position();
      order.next();
      seen.emplace(first, order.position());
    }
  }
  CHECK(seen.size() == kPs * 4);  // 1, 5, 7, 11
}
