// SPDX-License-Identifier: MIT
// What blocks durably, and what does not (Go's synctest: TestWait, TestCond, TestWaitGroup, TestMutex,
// TestChannelFromOutsideBubble, TestGroupMembership): wait() returns, and the clock jumps, when all others wait for what
// only the bubble can bring.
// no-stderr
#include <mutex>
#include <vector>

#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

// In a bubble: of a G that does this, wait() says that it is blocked, and it goes on when it is woken.
template <class Block, class Wake>
void durable(std::string_view what, Block&& block, Wake&& wake) {
  Bubble bubble;
  bubble.run([&] {
    bool before = false, after = false;
    go([&] {
      before = true;
      block();
      after = true;
    });
    bubble.wait();
    expect(before && !after, what);
    wake();
    bubble.wait();
    expect(after, what);
  });
}

void durable_ones() {
  Bubble().run([] {});
  Bubble made;
  made.run([] {
    const Chan<int> unbuffered, buffered(1);
    unbuffered.close(), buffered.close();
  });
  durable("sleep", [] { sleep_for(1s); }, [] { sleep_for(2s); });
  std::optional<Chan<int>> chan;  // made in the bubble
  durable("recv", [&] { chan.emplace(), chan->recv(); }, [&] { chan->send(1); });
  durable("send", [&] { chan.emplace(), chan->send(1); }, [&] { chan->recv(); });
  durable("a full buffer", [&] { chan.emplace(1), chan->send(1), chan->send(2); }, [&] { chan->recv(); });
  durable("close", [&] { chan.emplace(), chan->recv(); }, [&] { chan->close(); });
  durable(
      "select", [&] { chan.emplace(), select(recv(*chan), recv(Chan<int>(nullptr)), send(Chan<int>(), 1)); },
      [&] { chan->send(1); });
  {
    Semaphore semaphore(0);
    durable("Semaphore", [&] { semaphore.acquire(); }, [&] { semaphore.release(); });
  }
  {
    WaitGroup group;
    durable("WaitGroup", [&] { group.add(1), group.wait(); }, [&] { group.done(); });
    durable("Scope", [&] { Scope().go([&] { group.add(1), group.wait(); }); }, [&] { group.done(); });
    durable("Task::join", [&] { spawn([&] { group.add(1), group.wait(); }).join(); }, [&] { group.done(); });
  }
  {
    Mutex mutex;
    CondVar changed;
    const auto wait_for_it = [&] {
      std::unique_lock lock(mutex);
      changed.wait(lock);
    };
    durable("CondVar", wait_for_it, [&] { changed.notify_one(); });
    durable("CondVar", wait_for_it, [&] { changed.notify_all(); });
  }
}

// A chain of Gs, each of which starts the next and blocks; wait() sees all of them through.
void waits_for_all() {
  Bubble bubble;
  bubble.run([&] {
    for (int turn = 0; turn < rounds(200); ++turn) {
      const Chan<int> over;
      int depth = 0;
      struct Next {
        Chan<int> over;
        int& depth;
        void operator()() const {
          if (++depth < 20) go(Next(*this));
          (void)over.recv();
        }
      };
      go(Next{over, depth});
      bubble.wait();
      expect_equal(depth, 20, "the whole chain");
      over.close();
      bubble.wait();
      expect_equal(num_g(), 2, "main, and the outsider");
    }
  });
}

// What all of them did before they blocked is there after wait().
void sees_what_they_did() {
  constexpr int kGs = 16;
  Bubble bubble;
  bubble.run([&] {
    int did[kGs] = {};                 // not atomic: ThreadSanitizer looks too
    std::vector<Chan<int>> next(kGs);  // what one lock guards would be seen anyway
    Scope scope;
    for (int i = 0; i < kGs; ++i) {
      scope.go([&, i] {
        for (int turn = 1; turn <= rounds(200); ++turn) {
          did[i] = turn;
          (void)next[static_cast<size_t>(i)].recv();
        }
      });
    }
    for (int turn = 1; turn <= rounds(200); ++turn) {
      bubble.wait();
      for (const int theirs : did) expect_equal(theirs, turn, "what each did");
      for (const Chan<int>& chan : next) chan.send(0);
    }
  });
}

// The clock waits for a G in a bubble that waits for something which a G outside may bring.
template <class Block, class Wake>
void not_durable(std::string_view what, Block&& block, Wake&& wake) {
  std::atomic<bool> blocks{false};
  Scope scope;
  scope.go([&] {
    wait_until([&] { return blocks.load(); });
    for (int i = 0; i < 100; ++i) yield();
    wake();
  });
  Bubble().run([&] {
    const TimePoint start = Clock::now();
    go([&, start] {
      blocks = true;
      block();
      expect(Clock::now() == start, what);
    });
    sleep_for(1h);
    expect(Clock::now() == start + 1h, what);
  });
}

void not_durable_ones() {
  const Chan<int> chan;
  not_durable("recv", [&] { (void)chan.recv(); }, [&] { chan.send(1); });
  not_durable("send", [&] { chan.send(1); }, [&] { (void)chan.recv(); });
  not_durable("close", [&] { (void)chan.recv(); }, [&] { chan.close(); });
  const Chan<int> other;
  not_durable("select", [&] { select(recv(other), recv(Chan<int>()), timeout(1h)); }, [&] { other.send(1); });
  Mutex mutex;
  mutex.lock();
  not_durable("Mutex", [&] { mutex.lock(); }, [&] { mutex.unlock(); });
  not_durable("try_lock_for", [&] { expect(mutex.try_lock_for(1h), "in time"); }, [&] { mutex.unlock(); });
  SharedMutex shared;
  shared.lock();
  not_durable("SharedMutex", [&] { shared.lock_shared(); }, [&] { shared.unlock(); });
  Once once;
  std::atomic<bool> inside{false}, go_on{false};
  Scope scope;
  scope.go([&] {
    once.call([&] {
      inside = true;
      wait_until([&] { return go_on.load(); });
    });
  });
  wait_until([&] { return inside.load(); });
  not_durable("Once", [&] { once.call([] {}); }, [&] { go_on = true; });
}

// goexit() in f ends the caller, when the others have ended; what it is to do at its end is outside.
void goexit_of_main() {
  std::atomic<bool> slept{false};
  static GLocal<int> before;
  spawn([&] {
    before.get() = 1;
    Bubble bubble;
    bubble.run([&] {
      go([&, start = Clock::now()] {
        bubble.wait();
        expect(Clock::now() == start, "main's end does not move the clock");
        slept = true;
      });
      goexit();
    });
  }).join();
  expect(slept, "the other one has ended");
}

// Several at a time, each with its clock.
void side_by_side() {
  Scope scope;
  for (int i = 1; i <= 4; ++i) {
    scope.go([i] {
      Bubble bubble;
      for (int turn = 0; turn < 100; ++turn) {
        bubble.run([i] {
          const TimePoint start = Clock::now();
          Scope sleepers;
          for (int g = 0; g < 5; ++g) sleepers.go([=] { sleep_for(g * i * 1s); });
          sleepers.wait();
          expect(Clock::now() - start == 4 * i * 1s, "the longest");
        });
      }
    });
  }
}

}  // namespace

int main() {
  go([] { wait_for_ever(); });
  yield();
  durable_ones();
  waits_for_all();
  sees_what_they_did();
  not_durable_ones();
  goexit_of_main();
  side_by_side();
}
