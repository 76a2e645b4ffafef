// SPDX-License-Identifier: MIT
// Task: the result of a spawned G comes back, of whatever type; a Task can be joined, asked, detached, moved, and waits for
// its G when it is destroyed or assigned to.
#include <memory>
#include <string>
#include <vector>

#include "expect.h"

using namespace mstart;

namespace {

std::atomic<int> alive{0};

struct Counted {
  Counted() { ++alive; }
  Counted(const Counted&) { ++alive; }
  Counted(Counted&&) noexcept { ++alive; }
  ~Counted() { --alive; }
};
struct alignas(256) OverAligned {
  char bytes[512];
};
struct NotDefault {
  explicit NotDefault(int n) : number(n) {}
  int number;
};

int twice(int n) { return 2 * n; }

void results() {
  expect_equal(spawn([] { return 42; }).join(), 42, "an int");
  expect(*spawn([] { return std::make_unique<int>(7); }).join() == 7, "a move-only result");
  expect(spawn([] { return std::string(100, 'x'); }).join().size() == 100, "a string");
  expect_equal(spawn([] { return NotDefault(3); }).join().number, 3, "one without a default");
  const OverAligned big = spawn([] {
                            OverAligned o{};
                            o.bytes[511] = 9;
                            return o;
                          }).join();
  expect(big.bytes[511] == 9 && reinterpret_cast<uintptr_t>(&big) % 256 == 0, "an over-aligned one");
  auto number = std::make_unique<int>(5);
  expect_equal(spawn([n = std::move(number)] { return twice(*n); }).join(), 10, "a move-only function");
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 1000; ++i) tasks.push_back(spawn({.name = "task"}, [i] { return twice(i); }));
  for (int i = 0; i < 1000; ++i) expect_equal(tasks[static_cast<size_t>(i)].join(), 2 * i, "one of many");
}

void states() {
  Gate gate;
  Task<int> task = spawn([&] {
    gate.wait();
    return 1;
  });
  expect(static_cast<bool>(task) && !task.done(), "not done yet");
  Task<int> moved = std::move(task);
  expect(!task && static_cast<bool>(moved), "moved");  // NOLINT(bugprone-use-after-move)
  gate.open();
  wait_until([&] { return moved.done(); });
  expect_equal(moved.join(), 1, "the result");
  expect(!moved && !Task<void>(), "empty after join, and at first");
}

void waits() {
  std::atomic<int> ended{0};
  const auto slow = [&] {
    for (int i = 0; i < 100; ++i) yield();
    ++ended;
  };
  {
    const Task<void> task = spawn(slow);
  }
  expect_equal(ended, 1, "the destructor waits");
  Task<void> task = spawn(slow);
  task = spawn(slow);
  expect(ended >= 2, "assignment waits");
  task.join();
  expect_equal(ended, 3, "join waits");
  Gate gate;
  spawn([&] {
    gate.wait();
    ++ended;
  }).detach();
  gate.open();
  wait_until([&] { return ended == 4; });
}

void lifetimes() {
  expect_equal(alive, 0, "before");
  {
    Gate gate;
    Task<Counted> task = spawn([&, c = Counted()] {
      gate.wait();
      return c;
    });
    expect_equal(alive, 1, "the function");
    gate.open();
    wait_until([&] { return task.done(); });
    expect_equal(alive, 1, "the result alone, once it is done");
  }
  expect_equal(alive, 0, "after a Task that nobody joined");
  spawn([c = Counted()] { return c; }).detach();
  wait_until([] { return num_g() == 1; });
  expect_equal(alive, 0, "after one detached");
  (void)spawn([c = Counted()] { return c; }).join();
  expect_equal(alive, 0, "after one joined");
}

}  // namespace

int main() {
  results();
  states();
  waits();
  lifetimes();
}
