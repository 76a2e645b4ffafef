// SPDX-License-Identifier: MIT
// What Gs share, in many orders of small histories: nothing is lost, nothing is seen twice or too early, nobody waits for ever.
// cases: chan chan_close select select_send mutex shared_mutex condvar semaphore context once waitgroup timed
// no-stderr
#include <mstart/test.h>

#include <mutex>
#include <shared_mutex>

#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

// Is `value` the only one in there? Gs that are in the same section at once see each other.
class Section {
 public:
  class Visit {
   public:
    Visit(Section& section, int most) : section_(section) {
      if (section_.inside_++ >= most) section_.broken_ = true;
    }
    ~Visit() {
      explore_point();
      --section_.inside_;
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    Section& section_;
  };
  bool holds() const { return !broken_ && inside_ == 0; }

 private:
  int inside_ = 0;
  bool broken_ = false;
};

// Two send two values each, two receive; each value is received once, and those of one sender in their order if one receives.
bool chan_history(size_t capacity, int receivers) {
  Chan<int> c(capacity);
  int received[4] = {};
  bool in_order = true;
  {
    Scope receiving;
    for (int i = 0; i < receivers; ++i) {
      receiving.go([&, c] {
        int last[2] = {-1, -1};
        for (int v : c) {
          ++received[v];
          in_order = in_order && v > last[v / 2];
          last[v / 2] = v;
        }
      });
    }
    Scope sending;
    for (int s = 0; s < 2; ++s) {
      sending.go([=] {
        c.send(2 * s);
        c.send(2 * s + 1);
      });
    }
    sending.wait();
    c.close();
  }
  for (const int n : received) {
    if (n != 1) return false;
  }
  return in_order && c.size() == 0;
}
bool chan() {
  for (const size_t capacity : {0, 1, 3}) {
    for (const int receivers : {1, 2}) {
      if (!chan_history(capacity, receivers)) return false;
    }
  }
  return true;
}

// What was sent is received before the end is; try_ forms say that they would park, or do it.
bool chan_close() {
  Chan<int> c(1);
  int sent = 0, received = 0;
  Scope scope;
  scope.go([&] {
    for (int i = 0; i < 2; ++i) sent += c.try_send(1);
    c.close();
  });
  for (int i = 0; i < 2; ++i) {
    scope.go([&] {
      std::optional<int> v;
      while (!c.try_recv(v)) yield();
      if (!v) return;
      ++received;
      if (c.recv()) ++received;
    });
  }
  scope.wait();
  while (c.recv()) ++received;
  return sent >= 1 && sent == received;
}

// Each of two selects takes from two channels; every value comes to one of them, once.
bool select_recv() {
  Chan<int> a, b(1);
  int sum = 0;
  Scope scope;
  for (int i = 0; i < 2; ++i) {
    scope.go([&, a, b] {
      std::optional<int> v;
      for (int open = 2; open > 0;) {
        (void)select(recv(a, v), recv(b, v));
        if (!v) break;
        sum += *v;
      }
    });
  }
  {
    Scope sending;
    sending.go([=] { a.send(1); });
    sending.go([=] { b.send(10); });
    sending.go([=] { a.send(100); });
  }
  a.close();
  b.close();
  scope.wait();
  while (const auto v = b.recv()) sum += *v;  // both had seen the end of the other
  return sum == 111;
}

// Two selects offer the same value to each other, and to one more.
bool select_send() {
  Chan<int> a, b;
  int got[2] = {};
  Scope scope;
  for (int i = 0; i < 2; ++i) {
    scope.go([&, a, b, i] {
      std::optional<int> v;
      const int one = i + 1;
      if (select(send(a, one), recv(b, v)) == 1) got[i] = *v;
    });
  }
  std::optional<int> v;
  const int mine = 5;
  int received = 0, sent = 0;
  for (int i = 0; i < 2; ++i) {
    if (select(recv(a, v), send(b, mine)) == 0)
      received += *v;
    else
      ++sent;
  }
  scope.wait();
  return got[0] + got[1] == 5 * sent && received + (got[0] != 0 ? 1 : 0) + (got[1] != 0 ? 2 : 0) == 3;
}

bool mutex() {
  Mutex m;
  Section section;
  int n = 0, tried = 0;
  {
    Scope scope;
    for (int i = 0; i < 3; ++i) {
      scope.go([&] {
        const std::lock_guard guard(m);
        const Section::Visit here(section, 1);
        ++n;
      });
    }
    scope.go([&] {
      if (!m.try_lock()) return;
      {
        const Section::Visit here(section, 1);
        ++tried;
      }
      m.unlock();
    });
  }
  return section.holds() && n == 3 && tried <= 1 && m.try_lock();
}

// Readers together, a writer alone.
bool shared_mutex() {
  SharedMutex m;
  Section writing, all;
  int n = 0;
  bool torn = false;
  {
    Scope scope;
    for (int i = 0; i < 2; ++i) {
      scope.go([&] {
        const std::lock_guard guard(m);
        const Section::Visit here(writing, 1), alone(all, 1);
        const int before = n;
        explore_point();
        n = before + 1;
      });
    }
    for (int i = 0; i < 2; ++i) {
      scope.go([&] {
        const std::shared_lock guard(m);
        const Section::Visit here(all, 2);
        const int before = n;
        explore_point();
        torn = torn || n != before;
      });
    }
  }
  return writing.holds() && all.holds() && n == 2 && !torn && m.try_lock();
}

// A queue of one place, with two who fill it and two who empty it; nobody is notified for nothing.
bool condvar() {
  Mutex m;
  CondVar not_full, not_empty;
  int place = 0, sum = 0;
  {
    Scope scope;
    for (int i = 1; i <= 2; ++i) {
      scope.go([&, i] {
        std::unique_lock lock(m);
        not_full.wait(lock, [&] { return place == 0; });
        place = i;
        not_empty.notify_one();
      });
      scope.go([&] {
        std::unique_lock lock(m);
        not_empty.wait(lock, [&] { return place != 0; });
        sum += std::exchange(place, 0);
        lock.unlock();
        not_full.notify_all();
      });
    }
  }
  return sum == 3 && place == 0;
}

// Two permits; who gives one back may take another.
bool semaphore() {
  Semaphore permits(2);
  Section section;
  {
    Scope scope;
    for (int i = 0; i < 4; ++i) {
      scope.go([&, i] {
        if (i == 3) {
          if (!permits.try_acquire()) return;
        } else {
          permits.acquire();
        }
        {
          const Section::Visit here(section, 2);
          explore_point();
        }
        permits.release();
      });
    }
  }
  return section.holds() && permits.try_acquire() && permits.try_acquire() && !permits.try_acquire();
}

// A child ends with its parent, once, and says why; whoever comes late sees it too.
bool context() {
  const Context parent = Context::background().with_cancel();
  const Context child = parent.with_timeout(1h);
  int ended = 0;
  {
    Scope scope;
    scope.go([=] { parent.cancel(); });
    scope.go([=] { child.cancel(); });
    scope.go([&] {
      const Context late = child.with_cancel();
      (void)late.done().recv();
      if (late.err() == Errno::operation_canceled) ++ended;
    });
    scope.go([&] {
      (void)child.done().recv();
      if (child.err() == Errno::operation_canceled) ++ended;
    });
  }
  return ended == 2 && parent.err() == Errno::operation_canceled;
}

bool once() {
  Once o;
  int calls = 0, seen = 0;
  {
    Scope scope;
    for (int i = 0; i < 3; ++i) {
      scope.go([&] {
        o.call([&] {
          explore_point();
          ++calls;
        });
        seen += calls;
      });
    }
  }
  return calls == 1 && seen == 3;
}

// The last done() wakes all who wait; the group may go then.
bool waitgroup() {
  int done = 0, seen = 0;
  Scope waiting;
  {
    WaitGroup group;
    Task<int> task;
    for (int i = 0; i < 2; ++i) group.go([&] { ++done; });
    for (int i = 0; i < 2; ++i) {
      waiting.go([&] {
        group.wait();
        seen += done;
      });
    }
    task = spawn([&] {
      group.wait();
      return done;
    });
    if (task.join() != 2) return false;
    waiting.wait();
  }
  return seen == 4;
}

// Waits that end: nothing is lost, and what is not got is still there.
bool timed() {
  Mutex m;
  CondVar changed;
  Semaphore permits(0);
  Chan<int> c;
  bool flag = false;
  int got = 0, taken = 0;
  {
    Scope scope;
    scope.go([&] {
      std::unique_lock lock(m);
      if (changed.wait_for(lock, 20us, [&] { return flag; }) != flag) got = -100;
    });
    scope.go([&] { taken += permits.try_acquire_for(10us); });
    scope.go([&] {
      if (!m.try_lock_for(5us)) return;
      flag = true;
      m.unlock();
      changed.notify_all();
    });
    scope.go([&] {
      permits.release();
      std::optional<int> v;
      if (select(recv(c, v), timeout(15us)) == 0) got += *v;
    });
    sleep_for(8us);
    const int one = 1;
    if (select(send(c, one), timeout(10us)) == 1) ++got;
  }
  return got == 1 && taken + permits.try_acquire() == 1 && m.try_lock();
}

}  // namespace

int main(int argc, char** argv) {
  const struct {
    std::string_view name;
    bool (*history)();
  } cases[] = {{"chan", chan},           {"chan_close", chan_close},
               {"select", select_recv},  {"select_send", select_send},
               {"mutex", mutex},         {"shared_mutex", shared_mutex},
               {"condvar", condvar},     {"semaphore", semaphore},
               {"context", context},     {"once", once},
               {"waitgroup", waitgroup}, {"timed", timed}};
  for (const auto& c : cases) {
    if (c.name == which_case(argc, argv)) expect(!explore(c.history, {.runs = rounds(2000)}).found, c.name);
  }
}
