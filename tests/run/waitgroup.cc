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

// More groups than the table that waiters are kept in has places; each wakes its own. Some begin to wait while others do.
void many_groups() {
  constexpr size_t kGroups = 300;
  static Gate gates[2][kGroups];
  static std::atomic<int> waiting[2];
  static std::atomic<bool> open[2][kGroups];
  Scope scope;
  for (size_t i = 0; i < kGroups; ++i) {
    scope.go([i] {
      for (const int phase : {0, 1}) {
        ++waiting[phase];
        gates[phase][i].wait();
        expect(open[phase][i], "woken by its own group");
      }
    });
  }
  for (const int phase : {0, 1}) {
    wait_until([&] { return waiting[phase] == kGroups; });
    for (size_t i = 0; i < kGroups; ++i) {
      const size_t next = i * 7 % kGroups;
      open[phase][next] = true;
      gates[phase][next].open();
      if (i % 10 == 0) yield();
    }
  }
}

[[gnu::noinline]] void use_some_stack() {
  volatile char used[1024];
  for (volatile char& c : used) c = 0x5a;
}

// Waiters use their stacks as soon as they are woken, while the waker still wakes the others.
void woken_at_once() {
  for (int round = 0; round < rounds(10'000); ++round) {
    Gate gate;
    std::atomic<int> here{0};
    Scope scope;
    for (int i = 0; i < 3; ++i) {
      scope.go([&] {
        ++here;
        gate.wait();
        use_some_stack();
      });
    }
    wait_until([&] { return here == 3; });
    gate.open();
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
  woken_at_once();
  used_again();
  destroyed_at_once();
}
