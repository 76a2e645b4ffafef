// SPDX-License-Identifier: MIT
// Notes on host threads: who sleeps is woken, once, in time, and sees what was written before. interleave_test.cc has the same
// in all orders, with a model of the futex.
#include "os/note.h"

#include <doctest/doctest.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <memory>
#include <thread>

#include "tests/unit/scale.h"

using mstart::os::Note;
using mstart::test::scaled;

namespace {

constexpr int64_t kMillisecond = 1'000'000, kHour = 3'600'000'000'000;

int64_t now() {
  mstart::os::Timespec t{};
  REQUIRE(mstart::os::clock_gettime(1 /* CLOCK_MONOTONIC */, &t).ok());
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

TEST_CASE("who comes after the wake does not sleep") {
  Note note;
  CHECK(note.wake());
  CHECK(note.sleep());
  CHECK(note.sleep());  // until it is cleared
  CHECK(note.sleep(0));
  note.clear();
  CHECK(!note.sleep(0));
  CHECK(note.wake());
  CHECK(note.sleep());
}

TEST_CASE("the second wake is one too many") {
  Note note;
  CHECK(note.wake());
  CHECK(!note.wake());
  CHECK(!note.wake());
  CHECK(note.sleep());
  CHECK(!note.wake());
  note.clear();
  CHECK(note.wake());
}

TEST_CASE("a deadline that has passed does not block") {
  Note note;
  for (const int64_t deadline : {int64_t{0}, int64_t{1}, now() - kMillisecond, now()}) CHECK(!note.sleep(deadline));
  // And has not woken anybody.
  CHECK(note.wake());
  CHECK(note.sleep(now() - kMillisecond));
}

TEST_CASE("a sleep with a deadline lasts until then, and not less") {
  Note note;
  for (int i = 0; i < 20; ++i) {
    const int64_t deadline = now() + kMillisecond + i * 37'001;
    CHECK(!note.sleep(deadline));
    CHECK(now() >= deadline);
  }
}

TEST_CASE("a sleep with a deadline is woken before it") {
  for (int i = 0; i < scaled(2'000); ++i) {
    Note note;
    std::thread waker([&] { CHECK(note.wake()); });
    const bool woken = note.sleep(now() + kHour);
    waker.join();
    REQUIRE(woken);
  }
}

TEST_CASE("a million handovers, each with something to hand over") {
  Note there, back;
  long data = 0;  // plain
  const long rounds = scaled(500'000);
  std::atomic<long> bad{0};
  std::thread other([&] {
    for (long i = 0; i < rounds; ++i) {
      if (!there.sleep()) ++bad;
      there.clear();
      if (data != 2 * i + 1) ++bad;
      ++data;
      if (!back.wake()) ++bad;
    }
  });
  for (long i = 0; i < rounds; ++i) {
    ++data;
    if (!there.wake()) ++bad;
    if (!back.sleep(i % 2 == 0 ? INT64_MAX : now() + kHour)) ++bad;
    back.clear();
    if (data != 2 * i + 2) ++bad;
  }
  other.join();
  CHECK(bad == 0);
  CHECK(data == 2 * rounds);
}

// As an M that leaves: if the deadline comes first, it looks whether somebody has begun to wake it, and sleeps on.
TEST_CASE("a wake and a deadline at the same time: the wake is not lost") {
  Note there, back;
  long data = 0, timed_out = 0;
  const long rounds = scaled(100'000);
  REQUIRE(mstart::os::prctl(29 /* PR_SET_TIMERSLACK */, 1).ok());  // or deadlines come 50 us late
  std::thread waker([&] {
    for (long i = 0; i < rounds; ++i) {
      back.sleep();
      back.clear();
      ++data;
      (void)there.wake();
    }
  });
  bool ok = true;
  for (long i = 0; i < rounds; ++i) {
    ok = back.wake() && ok;
    if (!there.sleep(now() + i % 32 * 1'000)) {
      ++timed_out;
      ok = there.sleep() && ok;
    }
    ok = data == i + 1 && ok;
    there.clear();
  }
  waker.join();
  CHECK(ok);
  MESSAGE(timed_out << " of " << rounds << " deadlines came first");
}

TEST_CASE("a note may go as soon as its sleeper has been woken") {
  std::atomic<Note*> at{nullptr};
  const int rounds = scaled(50'000);
  std::thread waker([&] {
    for (int i = 0; i < rounds; ++i) {
      Note* note;
      while ((note = at.exchange(nullptr, std::memory_order_acquire)) == nullptr) std::this_thread::yield();
      (void)note->wake();
    }
  });
  bool ok = true;
  for (int i = 0; i < rounds; ++i) {
    auto note = std::make_unique<Note>();
    at.store(note.get(), std::memory_order_release);
    ok = note->sleep() && ok;
  }
  waker.join();
  CHECK(ok);
}

namespace {
std::atomic<int> signals{0};
}

// TSan runs handlers only when the thread comes back to libc, and ours sleeps by a system call of its own.
TEST_CASE("signals do not wake a sleeper" * doctest::skip(mstart::test::kTsan)) {
  struct sigaction action{}, old{};
  action.sa_handler = [](int) { signals.fetch_add(1); };
  REQUIRE(sigaction(SIGUSR1, &action, &old) == 0);  // without SA_RESTART
  for (const int64_t deadline : {INT64_MAX, now() + kHour}) {
    Note note;
    std::atomic<bool> awake{false};
    std::atomic<bool> woken{false};
    std::thread sleeper([&] {
      const bool r = note.sleep(deadline);
      woken.store(r);
      awake.store(true);
    });
    for (int i = 0; i < 50; ++i) {
      const int before = signals.load();
      REQUIRE(pthread_kill(sleeper.native_handle(), SIGUSR1) == 0);
      while (signals.load() == before) std::this_thread::yield();
    }
    CHECK(!awake.load());
    CHECK(note.wake());
    sleeper.join();
    CHECK(woken.load());
  }
  REQUIRE(sigaction(SIGUSR1, &old, nullptr) == 0);
}
