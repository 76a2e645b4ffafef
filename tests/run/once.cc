// SPDX-License-Identifier: MIT
// Once: the function runs once; all others wait until it is done; goexit() in it counts as done.
#include "expect.h"

using namespace mstart;

namespace {

void many() {
  for (int round = 0; round < rounds(500); ++round) {
    Once once;
    int value = 0;
    Scope scope;
    for (int i = 0; i < 10; ++i) {
      scope.go([&] {
        once.call([&] {
          yield();  // others come meanwhile
          ++value;
        });
        expect_equal(value, 1, "done once, when call() returns");
      });
    }
  }
}

void goexit_is_done() {
  Once once;
  std::atomic<int> returned{0};
  Gate begun;
  Scope scope;
  scope.go([&] {
    once.call([&] {
      begun.open();
      for (int i = 0; i < 100; ++i) yield();
      goexit();
    });
    expect(false, "goexit() does not return");
  });
  begun.wait();
  for (int i = 0; i < 3; ++i) {
    scope.go([&] {
      once.call([] { expect(false, "again"); });
      ++returned;
    });
  }
  scope.wait();
  expect_equal(returned, 3, "who waited");
}

// The Once is in the function object of the G that ends in it.
void goexit_with_the_once() {
  struct Owner {
    Once* once;
    explicit Owner(Once* o) : once(o) {}
    Owner(Owner&& other) noexcept : once(std::exchange(other.once, nullptr)) {}
    ~Owner() {
      if (once != nullptr) new (once) uint64_t(0x5555555555555555);
    }
    void operator()() {
      once->call([] { goexit(); });
    }
  };
  alignas(8) std::byte room[8];
  WaitGroup ended;
  ended.go(Owner(new (room) Once));
  ended.wait();
  for (const std::byte b : room) expect(b == std::byte{0x55}, "nobody touches a Once that is gone");
}

// One inside another; and a G that has ended before in a Once starts anew.
void nested() {
  Once outer, inner;
  int order = 0;
  outer.call([&] {
    inner.call([&] { expect_equal(order++, 0, "inner"); });
    expect_equal(order++, 1, "outer");
  });
  outer.call([] { expect(false, "again"); });
  expect_equal(order, 2, "both");
}

constinit Once global;

}  // namespace

int main() {
  set_procs(4);
  many();
  goexit_is_done();
  goexit_with_the_once();
  nested();
  int n = 0;
  for (int i = 0; i < 3; ++i) global.call([&] { ++n; });
  expect_equal(n, 1, "once");
}
