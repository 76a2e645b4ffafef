// SPDX-License-Identifier: MIT
// WaitGroup: many wait, several at once, again and again; it may be destroyed as soon as the wait() of its owner has
// returned; what was done before done() is seen after wait().
#include "expect.h"

using namespace mstart;

namespace {

constinit WaitGroup global;

void many_waiters() {
  Gate gate;
  int value = 0;
  std::atomic<int> seen{0};
  Scope scope;
  for (int i = 0; i < 100; ++i) {
    scope.go([&] {
      gate.wait();
      seen += value;
    });
  }
  value = 7;
  gate.open();
  scope.wait();
  expect_equal(seen, 700, "what the waiters saw");
}

// More groups than the table that waiters are kept in has places; each wakes its own.
void many_groups() {
  constexpr size_t kGroups = 300;
  static Gate gates[kGroups];
  static std::atomic<int> waiting{0};
  static std::atomic<bool> open[kGroups];
  Scope scope;
  for (size_t i = 0; i < kGroups; ++i) {
    scope.go([i] {
      ++waiting;
      gates[i].wait();
      expect(open[i], "woken by its own group");
    });
  }
  wait_until([&] { return waiting == kGroups; });
  for (size_t i = 0; i < kGroups; ++i) {
    const size_t next = i * 7 % kGroups;
    open[next] = true;
    gates[next].open();
    if (i % 10 == 0) yield();
  }
}

void used_again() {
  int64_t sum = 0;
  std::atomic<int64_t> done{0};
  for (int round = 0; round < 200; ++round) {
    const int n = round % 7;
    global.add(n);
    for (int i = 0; i < n; ++i) {
      go([&, i] {
        if (i % 2 != 0) yield();
        done += i;
        global.done();
      });
      sum += i;
    }
    global.wait();
    expect_equal(done, sum, "the sum");
  }
  global.add(3);
  global.add(-2);
  global.done();
  global.wait();
}

void destroyed_at_once() {
  for (int round = 0; round < rounds(20'000); ++round) {
    // A block that something else gets next: a late touch would spoil it.
    auto* group = new WaitGroup;
    group->go([] {});
    group->wait();
    delete group;
    auto* other = new uint64_t(0);
    yield();
    expect(*other == 0, "nobody touches a WaitGroup that is gone");
    delete other;
  }
}

}  // namespace

int main() {
  set_procs(4);
  many_waiters();
  many_groups();
  used_again();
  destroyed_at_once();
}
