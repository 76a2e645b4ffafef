// SPDX-License-Identifier: MIT
// timeout() ends a select that nobody serves, not before its time; what is past is ready at once; a select that is served, or
// has none, leaves nothing behind.
#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

void not_before_its_time() {
  Chan<int> ch;
  for (const Duration d : {Duration(1us), Duration(300us), Duration(5ms)}) {
    const TimePoint begin = Clock::now();
    expect_equal(select(recv(ch), timeout(d)), 1, "the timeout");
    expect(Clock::now() - begin >= d, "not before its time");
    const TimePoint later = Clock::now();
    expect_equal(select(timeout(later + 10s), timeout(later + d), timeout(never), recv(ch)), 1, "the earliest");
    expect(Clock::now() - later >= d, "not before its time");
  }
  expect_equal(select(timeout(1us)), 0, "nothing but a timeout");
  expect(!ch.try_send(1), "nobody waits there");
}

void past_is_ready_at_once() {
  Chan<int> ch(1);
  expect_equal(select(recv(ch), timeout(0s)), 1, "0 is due");
  expect_equal(select(recv(ch), timeout(-1h)), 1, "so is less");
  expect_equal(select(recv(ch), timeout(Clock::now())), 1, "and now");
  expect_equal(try_select(recv(ch), timeout(0s)), 1, "for try_select too");
  expect_equal(try_select(recv(ch), timeout(1h), timeout(never)), -1, "which does not wait");
  int timeouts = 0;
  for (int i = 0; i < 1000; ++i) {
    (void)ch.try_send(1);
    timeouts += select(recv(ch), timeout(0s));
  }
  expect(timeouts > 300 && timeouts < 700, "one ready case among others");
}

// Served by channels, again and again, long before.
void served_before() {
  Chan<int> there, back;
  Scope scope;
  scope.go([=] {
    for (const int v : there) expect_equal(select(timeout(1h), send(back, v)), 1, "a send");
  });
  for (int i = 0; i < rounds(20'000); ++i) {
    std::optional<int> v;
    there.send(i);
    expect_equal(select(recv(back, v), timeout(1h)), 0, "a receive");
    expect_equal(*v, i, "the value");
  }
  there.close();
}

// The timer and a sender meet: whoever is first, no value is lost and none comes twice.
void close_races() {
  Chan<int> ch;
  std::atomic<bool> over{false};
  int64_t received = 0;
  Task<int64_t> sender = spawn([&] {
    int64_t sent = 0;
    while (!over) {
      const Duration d(sent % 50 * 100);
      if (select(send(ch, 1), timeout(d)) == 0) ++sent;
    }
    return sent;
  });
  int timeouts = 0;
  for (int i = 0; i < rounds(20'000); ++i) {
    if (select(recv(ch), timeout(Duration(i % 60 * 100))) == 0)
      ++received;
    else
      ++timeouts;
  }
  over = true;
  while (!sender.done()) {
    if (select(recv(ch), timeout(10us)) == 0) ++received;
  }
  expect_equal(received, sender.join(), "what was received and what was sent");
}

}  // namespace

int main() {
  set_procs(2);
  not_before_its_time();
  past_is_ready_at_once();
  served_before();
  close_races();
}
