// SPDX-License-Identifier: MIT
// WaitGroup, by four Gs on two Ps. One operation: add(1), done(); one time in a hundred on a group of one's own, with a wait().
#include "perf.h"

using namespace mstart;

namespace {

struct alignas(128) Group {
  WaitGroup group;
};
Group shared;

void play(long n) {
  Group own;
  for (long i = 0; i < n; ++i) {
    WaitGroup& group = i % 100 == 0 ? own.group : shared.group;
    group.add(1);
    group.done();
    if (i % 100 == 0) group.wait();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const long n = operations(argc, argv, 20'000'000, 20'000);
  constexpr int kGs = 4;
  set_procs(2);
  play(n / 10);
  const int64_t t0 = now_ns();
  Scope scope;
  for (int g = 0; g < kGs; ++g) scope.go([=] { play(n / kGs); });
  scope.wait();
  print_per_op("waitgroup", n, now_ns() - t0);
}
