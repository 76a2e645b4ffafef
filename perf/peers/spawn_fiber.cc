// SPDX-License-Identifier: MIT
// Short tasks in Boost.Fiber, one thread, stacks from its pool (64 KiB each). One operation: a
// fiber is made, runs an empty function and ends; 100 are made, then all are joined, and again.
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/pooled_fixedsize_stack.hpp>
#include "bench.h"

int main(int argc, char** argv) {
  parse_options(argc, argv, 2000000, 10000);
  const long batches = options.n / 100;
  boost::fibers::pooled_fixedsize_stack stacks(64 << 10);
  boost::fibers::fiber fiber[100];
  uint64_t t0 = 0;
  for (long batch = -batches / 10; batch < batches; ++batch) {  // below 0: warm-up
    if (batch == 0) t0 = now_ns();
    for (auto& f : fiber) f = boost::fibers::fiber(std::allocator_arg, stacks, [] {});
    for (auto& f : fiber) f.join();
  }
  print_per_op("spawn", "boost.fiber", 100 * batches, now_ns() - t0);
}
