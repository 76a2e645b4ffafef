// SPDX-License-Identifier: MIT
// explore() finds what is planted, says why and with which seed, and finds it again with that seed alone. What is right is
// not reported.
// cases: lost_update lock_order lost_wake_up check_then_act after_go ends check fatal misuse livelock time given_up outside inside locked
// not-thread: livelock
// stderr: fails again; MSTART_DEBUG=seed=
#include <mstart/test.h>

#include <mutex>

#include "expect.h"

using namespace mstart;

namespace {

template <class F>
void finds(F&& f, int preemptions = 3) {
  const Finding finding = explore(f, {.preemptions = preemptions});
  expect(finding.found, "the bug is found");
  const Finding again = explore(f, {.runs = 1, .seed = finding.seed, .preemptions = preemptions});
  expect(again.found && again.seed == finding.seed, "the seed alone finds it");
}

template <class F>
void passes(F&& f) {
  expect(!explore(f).found, "what is right is not reported");
}

// Two Gs add 1 to what they have read.
template <class Add>
bool two_add(Add add) {
  MarkedAtomic<int> n{0};
  {
    Scope scope;
    for (int i = 0; i < 2; ++i) scope.go([&] { add(n); });
  }
  return n == 2;
}
void lost_update() {
  finds([] { return two_add([](MarkedAtomic<int>& n) { n.store(n.load() + 1); }); });
  passes([] { return two_add([](MarkedAtomic<int>& n) { ++n; }); });
}

// Three Gs lock two of three locks each.
void lock_three(bool in_order) {
  Mutex locks[3];
  Scope scope;
  for (int i = 0; i < 3; ++i) {
    scope.go([&, i] {
      const int j = (i + 1) % 3;
      const bool swap = in_order && j < i;
      const std::lock_guard first(locks[swap ? j : i]);
      const std::lock_guard second(locks[swap ? i : j]);
    });
  }
}
void lock_order() {
  finds([] { lock_three(false); });
  passes([] { lock_three(true); });
}

// The flag is looked at before the lock is taken; or with it.
void lost_wake_up() {
  const auto wait = [](bool with_lock) {
    Mutex mutex;
    CondVar changed;
    MarkedAtomic<bool> ready{false};
    Scope scope;
    scope.go([&] {
      if (!with_lock) {
        ready = true;
        changed.notify_one();
        return;
      }
      const std::lock_guard guard(mutex);
      ready = true;
      changed.notify_one();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ready.load(); });
  };
  finds([=] { wait(false); });
  passes([=] { wait(true); });
}

// Two Gs see that there is a value, and take it; or try to.
void check_then_act() {
  const auto take = [](bool tries) {
    Chan<int> values(1);
    values.send(1);
    Scope scope;
    for (int i = 0; i < 2; ++i) {
      scope.go([=] {
        std::optional<int> v;
        if (tries)
          (void)values.try_recv(v);
        else if (values.size() != 0)
          (void)values.recv();
      });
    }
  };
  finds([=] { take(false); });
  passes([=] { take(true); });
}

// What is set after go() is not there yet for the new G.
void after_go() {
  finds([] {
    int config = 0;
    bool saw = false;
    Scope scope;
    scope.go([&] { saw = config == 1; });
    config = 1;
    scope.wait();
    return saw;
  });
  passes([] {
    int config = 1;
    bool saw = false;
    Scope scope;
    scope.go([&] { saw = config == 1; });
    scope.wait();
    return saw;
  });
}

// Who ends first? Either may, without any preemption.
void ends() {
  for (const int first : {1, 2}) {
    finds(
        [=] {
          Chan<int> order(2);
          Task<void> a = spawn([=] { order.send(1); }), b = spawn([=] { order.send(2); });
          a.join();
          b.join();
          return order.recv() == first;
        },
        0);
  }
}

// A failure in any G of the run, in NoPreempt too, is its end; what the others wait for does not come any more.
void check() {
  finds([] {
    MarkedAtomic<int> n{0};
    MarkedAtomic<bool> ended{false};
    Scope scope;
    scope.go([&] {
      while (!ended) yield();
    });
    for (int i = 0; i < 2; ++i) {
      scope.go([&] {
        const int before = n.exchange(i);
        const NoPreempt here;
        if (before == 1) fatal("the second was first");
        ended = true;
      });
    }
  });
}
void fatal_in_main() {
  finds([] { mstart::fatal("always"); });
}
void misuse() {
  finds([] {
    Chan<int> c(1);
    Scope scope;
    scope.go([=] { c.close(); });
    scope.go([=] { c.send(1); });
  });
}

// Who waits for a flag lets the others run, whether it yields or not. One that nobody sets is waited for for ever.
void livelock() {
  const auto wait = [](bool set, bool yields) {
    MarkedAtomic<bool> flag{false};
    Scope scope;
    for (int i = 0; i < 3; ++i) {
      scope.go([&] {
        while (!flag) {
          if (yields) yield();
        }
      });
    }
    scope.go([&] { flag = set; });
  };
  for (const bool yields : {false, true}) expect(!explore([=] { wait(true, yields); }, {.runs = 100}).found, "it ends");
  for (const bool yields : {false, true}) finds([=] { wait(false, yields); });
}

// Sleeping Gs: the clock starts at the same time in every run, and jumps; who is late depends on the order.
void time() {
  const TimePoint before = Clock::now();
  TimePoint start{};
  passes([&] {
    const TimePoint t0 = Clock::now();
    if (start == TimePoint{}) start = t0;
    bool later = false;
    Scope scope;
    scope.go([&] {
      sleep_for(std::chrono::hours(2));
      later = true;
    });
    sleep_for(std::chrono::hours(1));
    const bool first = !later;
    scope.wait();
    const Duration passed = Clock::now() - t0;
    return first && later && t0 == start && passed >= std::chrono::hours(2) &&
           passed < std::chrono::hours(2) + std::chrono::seconds(1);
  });
  const TimePoint after = Clock::now();
  expect(after >= before && after - before < std::chrono::hours(1), "the clock goes on as it did");
  finds([] {
    Chan<int> c(1);
    Scope scope;
    scope.go([=] {
      for (int i = 0; i < 10; ++i) explore_point();
      c.send(1);
    });
    std::optional<int> v;
    return select(recv(c, v), timeout(std::chrono::microseconds(1))) == 0;
  });
}

// What is left of a run that has failed does nothing any more: neither Gs that could run, nor timers.
void given_up() {
  int late = 0;
  const auto fail = [&] {
    go([&] {
      sleep_for(std::chrono::microseconds(10));
      ++late;
    });
    sleep_for(std::chrono::microseconds(1));
    for (int i = 0; i < 3; ++i) go([&] { ++late; });
    const NoPreempt here;
    late = 0;
    fatal("with a G that is ready, and one that sleeps");
  };
  for (uint64_t seed = 0; seed < 10; ++seed) expect(explore(fail, {.runs = 1, .seed = seed}).found, "it fails");
  for (int i = 0; i < 1000; ++i) yield();  // the global queue has its turn
  expect_equal(late, 0, "Gs that ran later");
}

// Others, and their timers, wait until it is over, and then as long as they would have.
void outside() {
  set_procs(1);
  bool ran = false, woke = false, woke_early = false;
  go([&] {
    sleep_for(std::chrono::hours(1));
    woke_early = true;
  });
  const Task<void> sleeper = spawn([&] {
    sleep_for(std::chrono::milliseconds(100));
    woke = true;
  });
  yield();
  const bool early = woke;  // the machine was away for so long
  const Task<void> ready = spawn([&] { ran = true; });
  passes([&] {
    sleep_for(std::chrono::hours(1));
    return !ran && woke == early;
  });
  finds([] { return false; });
  expect(!ran && woke == early, "nobody has run");
  for (int i = 0; i < 1000; ++i) yield();
  expect(ran && !woke_early, "who was ready has run, who sleeps has not");
}

void inside() {
  finds([] { (void)explore([] {}); });
}

// Gs that have a thread of their own, the caller too.
void locked() {
  const ThreadLock here;
  finds([] {
    return two_add([](MarkedAtomic<int>& n) {
      const ThreadLock there;
      n.store(n.load() + 1);
    });
  });
  passes([] {
    return two_add([](MarkedAtomic<int>& n) {
      const ThreadLock there;
      sleep_for(std::chrono::seconds(1));
      ++n;
    });
  });
}

}  // namespace

int main(int argc, char** argv) {
  const struct {
    std::string_view name;
    void (*run)();
  } cases[] = {{"lost_update", lost_update},
               {"lock_order", lock_order},
               {"lost_wake_up", lost_wake_up},
               {"check_then_act", check_then_act},
               {"after_go", after_go},
               {"ends", ends},
               {"check", check},
               {"fatal", fatal_in_main},
               {"misuse", misuse},
               {"livelock", livelock},
               {"time", time},
               {"given_up", given_up},
               {"outside", outside},
               {"inside", inside},
               {"locked", locked}};
  for (const auto& c : cases) {
    if (c.name == which_case(argc, argv)) c.run();
  }
}
