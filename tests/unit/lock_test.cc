// SPDX-License-Identifier: MIT
// The runtime's two locks on host threads, which have no M, and once with an M, whose locks are counted. Every order of small
// cases is in interleave_test.cc.
#include "runtime/lock.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "runtime/m.h"
#include "runtime/rwlock.h"
#include "tests/unit/scale.h"

using namespace mstart::runtime;
using mstart::test::scaled;

namespace {

template <class F>
void on_threads(int n, F f) {
  std::vector<std::thread> threads;
  for (int t = 0; t < n; ++t) threads.emplace_back([&f, t] { f(t); });
  for (std::thread& thread : threads) thread.join();
}

// The thread is m's while this lives.
class As {
 public:
  explicit As(M& m) {
    m.g0.m = &m;
    setg(&m.g0);
  }
  ~As() { setg(nullptr); }
  As(const As&) = delete;
  As& operator=(const As&) = delete;
};

// What a child process that runs f says on stderr before it ends with status 2; "" if it ends otherwise.
template <class F>
std::string fatal_text(F f) {
  int fds[2];
  REQUIRE(pipe(fds) == 0);
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    dup2(fds[1], 2);
    f();
    _exit(0);
  }
  close(fds[1]);
  std::string text;
  char buffer[256];
  for (ssize_t n; (n = read(fds[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(n));
  close(fds[0]);
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) && WEXITSTATUS(status) == 2 ? text : "";
}

}  // namespace

TEST_CASE("a lock keeps others out, and lets them in") {
  for (const bool spin : {false, true}) {
    lock_may_spin = spin;
    for (const int threads : {2, 4}) {
      Lock lock(Rank::kSched);
      long count = 0;  // plain
      const int each = scaled(1'000'000);
      on_threads(threads, [&](int) {
        for (int i = 0; i < each; ++i) {
          LockGuard guard(lock);
          ++count;
        }
      });
      CHECK(count == long{threads} * each);
    }
  }
  lock_may_spin = false;
}

TEST_CASE("who waits for a lock for long is woken") {
  for (const bool spin : {false, true}) {
    lock_may_spin = spin;
    Lock lock(Rank::kSched);
    long turn = 0;  // plain; whose turn it is, of three who take turns: each waits while the others have it
    const long turns = scaled(30'000);
    on_threads(3, [&](int me) {
      for (bool done = false; !done;) {
        LockGuard guard(lock);
        if (turn % 3 == me && turn < turns) {
          ++turn;
          std::this_thread::yield();  // the others come and sleep
        }
        done = turn >= turns;
      }
    });
    CHECK(turn >= turns);
  }
  lock_may_spin = false;
}

TEST_CASE("two locks are two") {
  Lock a(Rank::kSched), b(Rank::kHeap);
  std::atomic<int> inside{0};
  bool met = false;
  std::thread other([&] {
    LockGuard guard(b);
    ++inside;
    while (inside.load() != 2) std::this_thread::yield();
  });
  {
    LockGuard guard(a);
    ++inside;
    while (inside.load() != 2) std::this_thread::yield();
    met = true;
  }
  other.join();
  CHECK(met);
}

TEST_CASE("an M's locks are counted") {
  M m;
  const As as(m);
  Lock outer(Rank::kSched), inner(Rank::kHeap);
  CHECK(m.locks == 0);
  for (int i = 0; i < 3; ++i) {
    outer.lock();
    CHECK(m.locks == 1);
    {
      LockGuard guard(inner);
      CHECK(m.locks == 2);
    }
    CHECK(m.locks == 1);
    outer.unlock();
    CHECK(m.locks == 0);
    CHECK(m.held_ranks == 0);
  }
}

TEST_CASE("who only tries waits for nobody, whatever he holds") {
  M m;
  const As as(m);
  Lock high(Rank::kHeap), low(Rank::kSched);
  high.lock();
  CHECK(low.try_lock());
  CHECK(m.locks == 2);
  CHECK_FALSE(low.try_lock());
  CHECK_FALSE(high.try_lock());
  CHECK(m.locks == 2);
  low.unlock();
  high.unlock();
  CHECK(m.locks == 0);
}

TEST_CASE("an unlock without a lock is fatal") {
  M m;
  const As as(m);
  Lock lock(Rank::kSched);
  CHECK(fatal_text([&] { lock.unlock(); }) == "fatal error: unlock: lock count\n");
  CHECK(fatal_text([&] {
          lock.lock();
          lock.unlock();
          lock.unlock();
        }) == "fatal error: unlock: lock count\n");
}

#ifndef NDEBUG
TEST_CASE("debug builds: locks are taken in the order of their ranks") {
  M m;
  const As as(m);
  Lock handoff(Rank::kNewmHandoff), watched(Rank::kWatched), bucket(Rank::kBucket), sched(Rank::kSched),
      stacks(Rank::kStacks), heap(Rank::kHeap);
  Lock* const ascending[] = {&handoff, &watched, &bucket, &sched, &stacks, &heap};
  for (Lock* lock : ascending) lock->lock();
  for (Lock* lock : ascending) lock->unlock();  // in any order
  CHECK(m.locks == 0);
  CHECK(m.held_ranks == 0);
  for (size_t first = 0; first < std::size(ascending); ++first) {
    for (size_t second = 0; second < std::size(ascending); ++second) {
      Lock same(static_cast<Rank>(second));
      const std::string text = fatal_text([&] {
        ascending[first]->lock();
        same.lock();
      });
      CHECK(text == (second > first ? "" : "fatal error: lock ordering problem\n"));
    }
  }
}
#endif

// ---- RwLock -----------------------------------------------------------------------------------------------------------

namespace {

constexpr uint32_t kWriterBit = 1U << 31;

uint32_t word_of(RwLock& rw) {
  static_assert(std::is_standard_layout_v<RwLock> && sizeof(RwLock) == sizeof(std::atomic<uint32_t>));
  return reinterpret_cast<std::atomic<uint32_t>*>(&rw)->load();
}

}  // namespace

TEST_CASE("an RwLock counts its readers and its writer") {
  RwLock rw;
  for (int i = 0; i < 2; ++i) {
    CHECK(word_of(rw) == 0);
    rw.rlock();
    rw.rlock();
    CHECK(word_of(rw) == 2);
    rw.runlock();
    CHECK(word_of(rw) == 1);
    rw.runlock();
    CHECK(word_of(rw) == 0);
    rw.lock();
    CHECK(word_of(rw) == kWriterBit);
    rw.unlock();
  }
  CHECK(word_of(rw) == 0);
}

TEST_CASE("readers are inside together") {
  RwLock rw;
  std::atomic<int> inside{0};
  on_threads(4, [&](int) {
    rw.rlock();
    ++inside;
    while (inside.load() != 4) std::this_thread::yield();
    rw.runlock();
  });
  CHECK(inside == 4);
  CHECK(word_of(rw) == 0);
}

TEST_CASE("a writer is alone") {
  RwLock rw;
  long a = 0, b = 0;  // plain; equal but while a writer is inside
  std::atomic<int> readers{0}, writers{0}, bad{0};
  const int rounds = scaled(500'000);
  on_threads(4, [&](int t) {
    for (int i = 0; i < rounds; ++i) {
      if ((i + t) % 8 == 0) {
        rw.lock();
        if (writers.fetch_add(1) != 0 || readers.load() != 0) ++bad;
        ++a;
        ++b;
        writers.fetch_sub(1);
        rw.unlock();
      } else {
        rw.rlock();
        readers.fetch_add(1);
        if (writers.load() != 0 || a != b) ++bad;
        readers.fetch_sub(1);
        rw.runlock();
      }
    }
  });
  CHECK(bad == 0);
  CHECK(a == b);
  CHECK(word_of(rw) == 0);
}

TEST_CASE("writers only: a mutex") {
  RwLock rw;
  long count = 0;
  const int rounds = scaled(100'000);
  on_threads(3, [&](int) {
    for (int i = 0; i < rounds; ++i) {
      rw.lock();
      ++count;
      rw.unlock();
    }
  });
  CHECK(count == 3L * rounds);
  CHECK(word_of(rw) == 0);
}

TEST_CASE("a waiting writer lets no new reader in") {
  for (int round = 0; round < scaled(500); ++round) {
    RwLock rw;
    std::atomic<bool> written{false}, reader_comes{false}, reader_saw{false};
    rw.rlock();
    std::thread writer([&] {
      rw.lock();
      written.store(true);
      rw.unlock();
    });
    while (word_of(rw) != (kWriterBit | 1)) std::this_thread::yield();
    std::thread reader([&] {
      reader_comes.store(true);
      rw.rlock();
      reader_saw.store(written.load());
      rw.runlock();
    });
    while (!reader_comes.load()) std::this_thread::yield();
    for (int i = 0; i < 50; ++i) std::this_thread::yield();  // time to come in, if it could
    REQUIRE(word_of(rw) == (kWriterBit | 1));
    REQUIRE(!written.load());
    rw.runlock();
    writer.join();
    reader.join();
    REQUIRE(reader_saw.load());
    REQUIRE(word_of(rw) == 0);
  }
}
