// SPDX-License-Identifier: MIT
// 64 Gs enter one function-local static: it is made once, by one of them, whose constructor parks and yields meanwhile; the
// others wait for it as Gs, not as threads, and all see the same whole object.
#include <atomic>
#include <string>

#include "expect.h"
#include "observe.h"

using namespace mstart;

extern "C" {
int __cxa_guard_acquire(uint64_t*);
void __cxa_guard_release(uint64_t*);
}

namespace {

constexpr int kGs = 64;
std::atomic<int> made{0}, entered{0};
Gate gate;

struct Slow {
  std::string text;
  int number;
  Slow() : number(0) {
    wait_until([] { return entered == kGs; });  // all others are here, or parked already
    gate.wait();
    for (int i = 0; i < 100; ++i) {
      text += "so many words ";
      yield();
    }
    number = 42;
    ++made;
  }
};

template <int kWhich>
Slow& slow() {
  static Slow it;
  return it;
}

template <int kWhich>
void once() {
  made = 0;
  entered = 0;
  std::atomic<Slow*> seen{nullptr};
  WaitGroup group;
  for (int i = 0; i < kGs; ++i) {
    group.go([&] {
      ++entered;
      Slow& it = slow<kWhich>();
      expect(it.number == 42 && it.text.size() == 1400, "the object is whole");
      Slow* other = nullptr;
      if (!seen.compare_exchange_strong(other, &it)) expect(other == &it, "there is one");
    });
  }
  group.wait();
  expect_equal(made, 1, "times it was made");
  slow<kWhich>();
  expect_equal(made, 1, "times it was made, asked once more");
}

// Two Gs, on two threads, come to a fresh guard in the same moment; again and again.
void meet() {
  static uint64_t guards[20'000];
  const int n = rounds(20'000);
  std::atomic<int> here{0}, winners{0};
  Scope scope;
  for (int i = 0; i < 2; ++i) {
    scope.go([&] {
      for (int k = 0; k < n; ++k) {
        ++here;
        for (int tries = 1; here < 2 * k + 2; ++tries) {
          if (tries % 1024 == 0) (void)raw_syscall(SYS_sched_yield);
        }
        if (__cxa_guard_acquire(&guards[k]) == 0) continue;
        ++winners;
        __cxa_guard_release(&guards[k]);
      }
    });
  }
  scope.wait();
  expect_equal(winners, n, "guards, each of which one G has taken");
}

// A static that needs another one, and a static that is made where nobody else is.
int plain() {
  static const int value = slow<2>().number + 1;
  return value;
}

}  // namespace

int main() {
  set_procs(4);
  gate.open();
  meet();
  once<0>();
  once<1>();
  entered = kGs;
  expect_equal(plain(), 43, "a static from a static");
  expect(threads() <= 64 / 2, "those who waited were no threads");
}
