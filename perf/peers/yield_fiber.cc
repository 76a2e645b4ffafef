// SPDX-License-Identifier: MIT
// Two fibers of Boost.Fiber on one thread yield to each other (round robin, its default). One
// operation: one this_fiber::yield(), that is one way through the scheduler and one switch.
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include "bench.h"

int main(int argc, char** argv) {
  parse_options(argc, argv, 4000000, 20000);
  const long n = options.n / 2;
  uint64_t t0 = 0;
  auto yields = [&] {
    for (long i = 0; i < n / 10; ++i) boost::this_fiber::yield();
    t0 = now_ns();
    for (long i = 0; i < n; ++i) boost::this_fiber::yield();
  };
  boost::fibers::fiber a(yields), b(yields);
  a.join();
  b.join();
  print_per_op("yield", "boost.fiber", 2 * n, now_ns() - t0);
}
