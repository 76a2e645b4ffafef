// SPDX-License-Identifier: MIT
// As many Gs as there are Ps run at once: they hand a token round and never yield. If one wake-up were lost, or one P left
// idle, it would go no further (Go's TestGoroutineParallelism, TestGoroutineParallelism2). nested: started by Gs that were
// started; load: after all threads had work and began to go to sleep.
// cases: plain nested load
#include "expect.h"

using namespace mstart;

namespace {

constexpr uint32_t kPs = 4;

// Threads may be more than CPUs: they hand these on, but never a P.
void spin_until(const std::atomic<uint32_t>& word, uint32_t value) {
  while (word != value) (void)raw_syscall(SYS_sched_yield);
}

void keep_all_busy() {
  std::atomic<uint32_t> here{0};
  Scope scope;
  for (uint32_t p = 0; p < kPs; ++p) {
    scope.go([&] {
      ++here;
      spin_until(here, kPs);
    });
  }
}

void pass_token(std::atomic<uint32_t>& token, uint32_t p) {
  for (uint32_t i = 0; i < 3; ++i) {
    spin_until(token, kPs * i + p);
    token = kPs * i + p + 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  set_procs(kPs);
  const int n = rounds(which == "plain" ? 100 : 1000);
  for (int i = 0; i < n; ++i) {
    if (which == "load") keep_all_busy();
    std::atomic<uint32_t> token{0};
    WaitGroup done;
    if (which == "plain") {
      for (uint32_t p = 0; p < kPs; ++p) done.go([&, p] { pass_token(token, p); });
    } else {
      done.add(kPs);
      for (uint32_t p = 0; p < kPs; p += 2) {
        go([&, p] {
          for (uint32_t q = p; q < p + 2; ++q) {
            go([&, q] {
              pass_token(token, q);
              done.done();
            });
          }
        });
      }
    }
    done.wait();
    expect_equal(token, 3 * kPs, "the token");
  }
}
