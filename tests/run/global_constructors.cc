// SPDX-License-Identifier: MIT
// Objects at namespace scope are constructed on main's G, before main, in their order, and may do what a G may do: start Gs,
// wait for them, leave some for main to wait for, print. Their destructors do not run. Functions in .preinit_array and
// .init_array get argc, argv and envp.
// args: one two
// stdout: before main
// no-stderr:
// freestanding-only: static objects are constructed before run()
#include <string>
#include <vector>

#include "expect.h"

using namespace mstart;

namespace {

constinit int order[8] = {};
constinit int events = 0;
constinit int array_argc = 0;
constinit char** array_argv = nullptr;
constinit char** array_envp = nullptr;

void event(int what) { order[events++] = what; }

void before_all(int, char**, char**) { event(1); }
[[gnu::section(".preinit_array"), gnu::used]] void (*const preinit)(int, char**, char**) = before_all;

[[gnu::constructor(101)]] void early(int argc, char** argv, char** envp) {
  event(2);
  array_argc = argc;
  array_argv = argv;
  array_envp = envp;
}

struct Noisy {
  explicit Noisy(int n) { event(n); }
  ~Noisy() { eprint("a destructor has run\n"); }
};
Noisy first(3);

struct Starter {
  uint64_t id = this_g();
  int sum = 0;
  std::vector<std::string> words{"allocated", "before main, and rather long so that it is not within the object"};
  Starter() {
    WaitGroup group;
    int parts[10];
    for (int i = 0; i < 10; ++i) group.go([&parts, i] { parts[i] = i; });
    group.wait();
    for (const int part : parts) sum += part;
    sum += spawn([] { return 100; }).join();
    print("before main\n");
    event(4);
  }
};
Starter starter;
std::atomic<bool> ran{false};
WaitGroup started;
const bool left_running = [] {
  started.go([] {
    yield();
    ran = true;
  });
  return true;
}();
Noisy last(5);
thread_local int per_thread = 9;
const int computed = per_thread + starter.sum;

}  // namespace

int main(int argc, char** argv, char** envp) {
  for (int i = 0; i < 5; ++i) expect_equal(order[i], i + 1, "order");
  expect_equal(events, 5, "events");
  expect(array_argc == argc && array_argv == argv && array_envp == envp, "what a constructor function is given");
  expect(argc == 3 && argv[2] == std::string_view("two") && argv[3] == nullptr, "arguments");
  expect(environment().data() == envp, "environment");
  expect_equal(static_cast<int64_t>(starter.id), 1, "the G of a global's constructor");
  expect(starter.words[1].size() > 40, "memory from before main");
  expect_equal(computed, 154, "a constant that is computed at the start");
  started.wait();
  expect(left_running && ran, "a G that a constructor has left running");
  static Noisy local(6);
}
