// SPDX-License-Identifier: MIT
// Boost.Context's raw switch. One operation: one jump_fcontext in one direction (a round trip is
// two), everything in cache.
#include <boost/context/detail/fcontext.hpp>
#include "bench.h"

namespace context = boost::context::detail;

static void echo(context::transfer_t from) {
  for (;;) from = context::jump_fcontext(from.fctx, nullptr);
}

int main(int argc, char** argv) {
  parse_options(argc, argv, 20000000, 20000);
  const long n = options.n / 2;
  alignas(16) static char stack[64 << 10];
  context::transfer_t other = {context::make_fcontext(stack + sizeof stack, sizeof stack, echo), nullptr};
  for (long i = 0; i < n / 10; ++i) other = context::jump_fcontext(other.fctx, nullptr);
  const uint64_t t0 = now_ns();
  for (long i = 0; i < n; ++i) other = context::jump_fcontext(other.fctx, nullptr);
  print_per_op("switch", "boost.context", 2 * n, now_ns() - t0);
}
