// SPDX-License-Identifier: MIT
// SharedMutex, read mostly, by four Gs on two Ps. One operation: one time in a hundred lock(), add 1, unlock(); else
// lock_shared(), read, unlock_shared().
#include "perf.h"

using namespace mstart;

namespace {

struct alignas(128) Shared {
  SharedMutex mutex;
  long n = 0;
};
Shared shared;

long play(long n) {
  long sum = 0;
  for (long i = 0; i < n; ++i) {
    if (i % 100 == 0) {
      shared.mutex.lock();
      ++shared.n;
      shared.mutex.unlock();
    } else {
      shared.mutex.lock_shared();
      sum += shared.n;
      shared.mutex.unlock_shared();
    }
  }
  return sum;
}
std::atomic<long> sums{0};

}  // namespace

int main(int argc, char** argv) {
  const long n = operations(argc, argv, 10'000'000, 20'000);
  constexpr int kGs = 4;
  set_procs(2);
  sums += play(n / 10);
  const int64_t t0 = now_ns();
  Scope scope;
  for (int g = 0; g < kGs; ++g) scope.go([=] { sums += play(n / kGs); });
  scope.wait();
  print_per_op("shared_mutex", n, now_ns() - t0);
}
