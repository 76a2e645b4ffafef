// SPDX-License-Identifier: MIT
// MSTART_DEBUG=seed: one P, a clock that jumps when all wait, and an order of Gs, and of select's cases, that the seed decides:
// what is printed here is the same for the same seed, whatever threads there are. tests/system/seeded.py compares that.
// cases: seed=1 seed=1,deadlock=1
// env: MSTART_DEBUG={case}
// stdout: order:
// timeout: 20
#include <mstart/test.h>

#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

Mutex mutex;
char text[256];
size_t length = 0;

void note(char who) {
  const std::lock_guard guard(mutex);
  if (length < sizeof text) text[length++] = who;
}

int64_t machine_seconds() {
  struct {
    int64_t s, ns;
  } now{};
  expect(raw_syscall(SYS_clock_gettime, 1L, &now).ok(), "clock_gettime");
  return now.s;
}

}  // namespace

int main() {
  const int64_t begin = machine_seconds();
  (void)set_procs(4);
  expect_equal(procs(), 1, "Ps");
  const Chan<char> a(8), b(8);
  {
    Scope scope;
    for (char who = 'a'; who < 'k'; ++who) {
      scope.go([=] {
        if (who % 3 == 0) lock_thread();
        for (int i = 0; i < 3; ++i) note(who);
        if (who % 2 == 0) sleep_for(1us);
        note(who);
        (void)select(send(a, who), send(b, static_cast<char>(who - 'a' + 'A')));
      });
    }
    scope.go([=] {
      std::optional<char> v;
      for (int i = 0; i < 10; ++i) {
        (void)select(recv(a, v), recv(b, v));
        note(*v);
      }
    });
    for (char who = '0'; who < '3'; ++who) scope.go([=] { sleep_for(who * 1min), note(who); });
  }
  const TimePoint before = Clock::now();
  expect(before.time_since_epoch() > 50min && before.time_since_epoch() < 51min, "all sleeps one after the other");
  while (Clock::now() < before + 1ms) {
  }
  expect(machine_seconds() - begin < 60, "nobody waits for the machine's clock");
  print("order: {} {}\n", std::string_view(text, length), Clock::now() - before);
}
