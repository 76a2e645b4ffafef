// SPDX-License-Identifier: MIT
// Dead Gs are used again, whoever made them and whoever ended them: a P keeps fewer than 64 and gives the others to all, so the
// same work needs no more Gs the second time. Their stacks find their way back to each size's list.
// spill: one P ends many at once. pipeline: one P makes Gs, others run and end them. slack: all Gs run at once, while another
// P has all the stacks in its cache that it may have.
// cases: spill pipeline sizes slack
#include "expect.h"
#include "runtime/sched.h"
#include "runtime/stack.h"

using namespace mstart;
using namespace mstart::runtime;

namespace {

constexpr uint32_t kMostFree = 64;

int count_gs() {
  int n = 0;
  for_each_g([](G*, void* count) { ++*static_cast<int*>(count); }, &n);
  return n;
}

// n Gs at once, which end at once.
void many(int n) {
  Gate gate;
  Scope scope;
  for (int i = 0; i < n; ++i) scope.go([&] { gate.wait(); });
  yield();
  gate.open();
}

void spill() {
  set_procs(1);
  many(1000);
  const int once = count_gs();
  for (int round = 0; round < 20; ++round) {
    many(1000);
    expect(p0.free_gs.size < kMostFree, "a P keeps a few dead Gs only");
    expect(p0.free_stacks_count <= P::kStackCache, "and a few stacks");
    expect_equal(stats().gs_created - stats().gs_ended, num_g(), "the counters are whole");
  }
  expect_equal(count_gs(), once, "no more Gs than the first time");
}

// main makes Gs, and does not run any.
void pipeline() {
  set_procs(2);
  constexpr int kAtOnce = 200;
  std::atomic<int> ended{0};
  for (int i = 1; i <= rounds(200'000); ++i) {
    go([&] { ++ended; });
    while (i - ended > kAtOnce) (void)raw_syscall(SYS_sched_yield);
  }
  expect(count_gs() < 1000, "as many Gs as there were at once");
}

// A G's struct that had a stack of its own size has a default one next.
void sizes() {
  set_procs(1);
  for (int round = 0; round < 100; ++round) {
    Scope scope;
    for (int i = 0; i < 41; ++i) {  // odd: each struct changes sides
      const GoOptions options{.stack_bytes = i % 2 == 0 ? 2 * default_stack_bytes : 0};
      scope.go(options, [=] {
        const G* g = getg();
        expect_equal(g->own_stack, i % 2 == 0, "a stack of its own size");
        const auto bytes = static_cast<size_t>(g->stack.hi - g->stack.lo);
        expect(g->own_stack ? bytes >= options.stack_bytes : bytes == default_stack_bytes, "the size of the stack");
      });
    }
  }
}

void slack() {
  set_procs(1);
  many(100);
  wait_until([] { return num_g() == 1; });
  expect_equal(p0.free_stacks_count, P::kStackCache, "stacks in the cache");
  p0.free_stacks_count = 0;  // as if they were another P's
  many(count_gs() - 1);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  if (which == "spill")
    spill();
  else if (which == "pipeline")
    pipeline();
  else if (which == "slack")
    slack();
  else
    sizes();
}
