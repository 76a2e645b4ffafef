// SPDX-License-Identifier: MIT
// Without memory for more stacks try_go() returns an error, and nothing has happened. What there is goes on.
// skip-qemu: it ignores RLIMIT_AS
// skip-sanitizer: it maps more than RLIMIT_AS can allow
#include "expect.h"

using namespace mstart;

namespace {

void limit_address_space(uint64_t bytes) {
  const struct {
    uint64_t now, max;
  } limit{bytes, bytes};
  constexpr long kRlimitAs = 9;
  expect(raw_syscall(SYS_prlimit64, 0, kRlimitAs, &limit, nullptr).ok(), "prlimit");
}

}  // namespace

int main() {
  set_procs(2);
  Gate gate;
  std::atomic<int> ran{0};
  std::atomic<int> alive{0};
  struct Counted {
    explicit Counted(std::atomic<int>& n) : count(n) { ++count; }
    Counted(const Counted& other) : count(other.count) { ++count; }
    ~Counted() { --count; }
    std::atomic<int>& count;
  };
  go([&] { gate.wait(); });
  yield();
  limit_address_space(uint64_t{400} << 20);
  const auto body = [&, c = Counted(alive)] {
    gate.wait();
    ++ran;
  };
  int started = 0;
  for (;; ++started) {
    const Result<void> r = try_go(body);
    if (r.ok()) continue;
    expect(r.error() == Errno::not_enough_memory, "the error");
    break;
  }
  expect(started > 1000, "many were started before");
  expect_equal(alive, started + 1, "the function that was not started was not taken");
  expect(!try_go(body).ok(), "again");
  gate.open();
  wait_until([&] { return ran == started; });
  wait_until([] { return num_g() == 1; });
  expect_equal(alive, 1, "functions");
  go(body);
  wait_until([&] { return ran == started + 1; });
}
