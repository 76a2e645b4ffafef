// SPDX-License-Identifier: MIT
// 64 Gs enter one function-local static at once: it is made once, by one of them, whose constructor parks and yields meanwhile;
// the others wait for it as Gs, not as threads, and all see the same whole object.
// freestanding-only: libstdc++'s guards block threads
#include <string>

#include "observe.h"

using namespace mstart;

extern "C" {
int __cxa_guard_acquire(uint64_t*);
void __cxa_guard_release(uint64_t*);
}

namespace {

constexpr int kGs = 64;
std::atomic<int> made{0}, entered{0};

struct Slow {
  std::string text;
  int numbers[100] = {};
  Slow() {
    ++made;
    wait_until([] { return entered == kGs; });  // the others have come, and most are parked
    for (int& n : numbers) {
      text += "so many words ";
      spawn([&n] { n = 7; }).join();
    }
  }
};

template <int kWhich>
Slow& slow() {
  static Slow it;
  return it;
}

// A static that needs another one.
template <int kWhich>
int nested() {
  static const int value = slow<kWhich>().numbers[99] + 1;
  return value;
}

template <int kWhich>
void once() {
  made = entered = 0;
  std::atomic<Slow*> seen{nullptr};
  std::atomic<int> sum{0};
  Gate gate;
  Scope scope;
  for (int i = 0; i < kGs; ++i) {
    scope.go([&] {
      gate.wait();
      ++entered;
      Slow& it = slow<kWhich>();
      expect(it.text.size() == 1400, "the object is whole");
      for (const int n : it.numbers) expect_equal(n, 7, "an element");
      Slow* other = nullptr;
      if (!seen.compare_exchange_strong(other, &it)) expect(other == &it, "there is one");
      sum += nested<kWhich>();
    });
  }
  gate.open();
  scope.wait();
  expect_equal(sum, kGs * 8, "the sum");
  slow<kWhich>();
  expect_equal(made, 1, "times it was made");
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

}  // namespace

int main() {
  set_procs(4);
  meet();
  once<0>();
  once<1>();
  expect(threads() <= kGs / 2, "those who waited were no threads");
}
