// SPDX-License-Identifier: MIT
// Mutex. One operation: lock(), add 1, unlock(); uncontended, or by four Gs on two Ps.
#include "perf.h"

using namespace mstart;

namespace {

struct alignas(128) Counter {
  Mutex mutex;
  long n = 0;
  void add() {
    mutex.lock();
    ++n;
    mutex.unlock();
  }
};
Counter counter;

}  // namespace

int main(int argc, char** argv) {
  const bool contended = has_option(argc, argv, "--contended");
  const long n = operations(argc, argv, 20'000'000, 20'000);
  const int gs = contended ? 4 : 1;
  set_procs(contended ? 2 : 1);
  for (long i = 0; i < n / 10; ++i) counter.add();
  const int64_t t0 = now_ns();
  Scope scope;
  for (int g = 0; g < gs; ++g) {
    scope.go([=] {
      for (long i = 0; i < n / gs; ++i) counter.add();
    });
  }
  scope.wait();
  print_per_op(contended ? "mutex_contended" : "mutex", n, now_ns() - t0);
}
