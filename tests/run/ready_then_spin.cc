// SPDX-License-Identifier: MIT
// A G readies another one and then spins until that has run, without yielding: with two Ps it never stalls, though the other
// G is runnext of a P that does not look at it. go: it starts the other one; ready: it wakes it; grandchild: the one that spins
// was started by a G that parks then, whose M runs out of work in the same moment.
// cases: go ready grandchild
// timeout: 120
#include "expect.h"

using namespace mstart;

namespace {

// The machine may have one CPU, or be busy: the thread gives way sometimes, the G never does.
template <class F>
void spin_until(F&& is_so) {
  for (int i = 1; !is_so(); ++i) {
    if (i % 1024 == 0) (void)raw_syscall(SYS_sched_yield);
  }
}

void by_go(int n) {
  for (int i = 0; i < n; ++i) {
    std::atomic<bool> ran{false};
    Scope scope;
    scope.go([&] { ran = true; });
    spin_until([&] { return ran.load(); });
  }
}

void by_ready(int n) {
  WaitGroup turn;
  turn.add(1);
  std::atomic<int> turns{0};
  Scope scope;
  scope.go([&] {
    for (int i = 0; i < n; ++i) {
      turn.wait();
      turn.add(1);
      ++turns;
    }
  });
  for (int i = 0; i < n; ++i) {
    turn.done();
    spin_until([&] { return turns > i; });
  }
}

void by_grandchild(int n) {
  for (int i = 0; i < n; ++i) {
    std::atomic<bool> ran{false};
    Scope scope;
    scope.go([&] {
      scope.go([&] { ran = true; });
      spin_until([&] { return ran.load(); });
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  set_procs(2);
  const std::string_view which = which_case(argc, argv);
  if (which == "go")
    by_go(rounds(200'000));
  else if (which == "grandchild")
    by_grandchild(rounds(200'000));
  else
    by_ready(emulated() ? 20'000 : 1'000'000);
}
