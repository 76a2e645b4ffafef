// SPDX-License-Identifier: MIT
// The runtime's mutex in every order. A part of interleave_test of its own, because runtime/lock.cc wants the real M beside the
// model's atomics.
#include <doctest/doctest.h>

#include <memory>

#include "runtime/check.h"
#include "runtime/m.h"
#include "tests/unit/interleave_os.h"
#include "tests/unit/scale.h"

namespace checked {
namespace mstart {
namespace arch = ::mstart::arch;
namespace runtime {
using ::mstart::runtime::check;
using ::mstart::runtime::G;
using ::mstart::runtime::getg;
using ::mstart::runtime::M;
}  // namespace runtime
}  // namespace mstart
#include "runtime/lock.cc"
}  // namespace checked

using interleave::Checker;
using interleave::Data;
using interleave::Outcome;

namespace {

struct Shared {
  checked::mstart::runtime::Lock lock{checked::mstart::runtime::Rank::kSched};
  Data<int> data;
};

Outcome play(int threads, int times, const interleave::Limits& limits) {
  return interleave::explore(limits, [=](Checker& c) {
    auto s = std::make_shared<Shared>();
    for (int i = 0; i < threads; ++i) {
      c.thread([=] {
        for (int j = 0; j < times; ++j) {
          s->lock.lock();
          s->data.set(s->data.get() + 1);
          s->lock.unlock();
        }
      });
    }
    c.at_end([=, &c] { c.require(s->data.get() == threads * times, "an addition was lost"); });
  });
}

}  // namespace

TEST_CASE("Lock: one at a time, and everybody comes in" *
          doctest::skip(mstart::test::kTsan || mstart::test::kAsan || mstart::test::emulated())) {
  for (const bool spin : {false, true}) {
    checked::mstart::runtime::lock_may_spin = spin;
    const int few = spin ? 2 : 3;  // spinning makes many orders
    for (const Outcome& outcome :
         {play(2, spin ? 1 : 2, {.stale_reads = 1}), play(3, 1, {.preemptions = few, .stale_reads = 1}),
          play(3, 2, {.preemptions = 2, .stale_reads = 0})}) {
      CHECK(outcome.failure == "");
      CHECK(outcome.runs > 10);
    }
  }
}
