// SPDX-License-Identifier: MIT
// What dump() says of deadlocks while others run: circles of Gs on locks, and Gs in channels that nobody else can use (Go's
// goroutine leak profile); and that it says nothing of those that can yet go on.
// cases: two ring itself shared no_circle unlocked held dropped crossed select lent lent_to_task alive
// env: MSTART_DEBUG=deadlock=3600
// no-stderr
// skip-sanitizer: dump() reads what others write, on purpose
#include <array>

#include "observe.h"
#include "runtime/sched.h"
#include "runtime/sema.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

char buffer[128 * 1024];
char expected[4096];

// As many Gs are parked, main not counted.
void wait_for_parked(int n) {
  wait_until([=] {
    int parked = 0;
    runtime::for_each_g(
        [](runtime::G* g, void* count) {
          *static_cast<int*>(count) += g->id != 1 && g->status.load() == runtime::GStatus::kWaiting;
        },
        &parked);
    return parked == n;
  });
}

// The lines of a dump that tell of deadlocks.
std::string_view deadlocks() {
  Captured captured(2);
  dump(2);
  const std::string_view text = captured.text(buffer);
  const size_t at = text.find("deadlock: ");
  return at != std::string_view::npos ? text.substr(at) : std::string_view();
}

void expect_none() {
  for (int i = 0; i < 3; ++i) expect(deadlocks().empty(), "nothing is said");
}

std::atomic<uint64_t> ids[8];

// Each waits for the lock in its place, which the next holds; the first of them that is met begins.
void expect_circle(std::span<const void* const> locks) {
  const size_t n = locks.size();
  wait_until([] { return !deadlocks().empty(); });
  const std::string_view said = deadlocks();
  bool found = false;
  for (size_t first = 0; first < n; ++first) {
    Sink line(expected);
    format_to(line, "deadlock: goroutine {}", ids[first].load());
    for (size_t i = first; i < first + n; ++i)
      format_to(line, "{} waits for mutex {:#x} held by goroutine {}", i == first ? "" : ", which",
                reinterpret_cast<uintptr_t>(locks[i % n]), ids[(i + 1) % n].load());
    line.write("\n");
    found = found || said == line.text();
  }
  if (!found) eprint("said: {}for instance: {}", said, std::string_view(expected));
  expect(found, "the circle");
}

template <size_t N>
void ring() {
  static Mutex locks[N];
  static WaitGroup all_hold;
  all_hold.add(N);
  const void* waited_for[N];
  for (size_t i = 0; i < N; ++i) {
    waited_for[i] = &locks[(i + 1) % N];
    go([i] {
      ids[i] = this_g();
      locks[i].lock();
      all_hold.done();
      all_hold.wait();
      locks[(i + 1) % N].lock();
    });
  }
  expect_circle(waited_for);
}

void itself() {
  static Mutex mutex;
  go([] {
    ids[0] = this_g();
    expect(mutex.try_lock(), "try_lock");
    mutex.lock();
  });
  const void* waited_for[] = {&mutex};
  expect_circle(waited_for);
}

// A reader waits for the writer, who waits for the reader's Mutex.
void shared() {
  static SharedMutex written;
  static Mutex mutex;
  static WaitGroup both_hold;
  both_hold.add(2);
  const auto meet = [] {
    both_hold.done();
    both_hold.wait();
  };
  go([=] {
    ids[0] = this_g();
    written.lock();
    meet();
    mutex.lock();
  });
  go([=] {
    ids[1] = this_g();
    mutex.lock();
    meet();
    written.lock_shared();
  });
  const void* waited_for[] = {&mutex, &written};
  expect_circle(waited_for);
}

// A queue of Gs that ends at main; a writer that waits for a reader; and one that waits for what it had before, which main has
// now, or for a time.
void no_circle() {
  static Mutex first, second;
  static SharedMutex read;
  first.lock();
  read.lock_shared();
  go([] {
    second.lock();
    first.lock();
  });
  wait_for_parked(1);
  go([] { second.lock(); });
  go([] { read.lock(); });
  static Mutex had;
  had.lock();
  static std::atomic<int> step{0};
  go([] {
    static Mutex own;
    own.lock();
    step = 1;
    had.lock();
    had.unlock();
    step = 2;
    wait_until([] { return step >= 3; });
    had.lock();
  });
  wait_until([] { return step == 1; });
  had.unlock();
  wait_until([] { return step == 2; });
  had.lock();
  step = 3;
  static Mutex timed;
  go([] {
    static Mutex own;
    own.lock();
    go([] {
      timed.lock();
      step = 4;
      own.lock();
    });
    wait_until([] { return step == 4; });
    (void)timed.try_lock_for(1h);
  });
  wait_for_parked(6);
  expect_none();
}

// A holder is forgotten when he unlocks, and is another one for a moment when somebody else has locked.
void unlocked() {
  Mutex mutex;
  SharedMutex shared;
  const auto holder = [](auto& lock) { return reinterpret_cast<const detail::LockState&>(lock).holder; };
  mutex.lock();
  shared.lock();
  expect(holder(mutex) != nullptr && holder(shared) != nullptr, "it is noted who holds it");
  mutex.unlock();
  shared.unlock();
  expect(holder(mutex) == nullptr && holder(shared) == nullptr, "that is over");
  expect(mutex.try_lock() && shared.try_lock_for(1s) && holder(mutex) != nullptr && holder(shared) != nullptr, "tried");
}

// By one who has a lock of the runtime's himself.
void held() {
  static Mutex mutex;
  go([] {
    mutex.lock();
    mutex.lock();
  });
  wait_for_parked(1);
  while (deadlocks().empty()) yield();
  runtime::Lot lot(&mutex);
  expect(deadlocks().empty(), "nobody looks where a lock is held");
  lot.unlock();
  expect(!deadlocks().empty(), "now it can be seen");
}

// The line of each of the first n Gs, in any order.
void expect_stuck(int n, const char* reason) {
  size_t size = 0;
  wait_until([&] {
    const std::string_view said = deadlocks();
    size = said.size();
    return count(said, "deadlock: ") == n;
  });
  const std::string_view said = deadlocks();
  for (int i = 0; i < n; ++i) {
    const std::string_view line =
        format_to(expected, "deadlock: goroutine {} waits for ever [{}]: no goroutine that can run holds its channel\n",
                  ids[i].load(), reason);
    expect(said.find(line) != std::string_view::npos, line);
    size -= line.size();
  }
  expect_equal(static_cast<int64_t>(size), 0, "other lines");
}

void dropped() {
  const Chan<int> kept;
  for (int i = 0; i < 2; ++i) {
    const Chan<int> values;
    go([=] {
      ids[i] = this_g();
      values.send(1);
    });
    go([=] { kept.recv(); });
  }
  expect_stuck(2, "chan send");
}

// Each could wake the other, if it were not waiting itself; and a third waits with them, in a function that is in the heap.
void crossed() {
  const auto start = [] {
    const Chan<int> a, b;
    go([=] {
      ids[0] = this_g();
      a.recv();
      b.send(1);
    });
    go([=] {
      ids[1] = this_g();
      b.recv();
      a.send(1);
    });
    const std::array<char, 200> much{};
    go([=] {
      ids[2] = this_g() + static_cast<uint64_t>(much[0]);
      a.recv();
    });
  };
  start();
  expect_stuck(3, "chan receive");
}

void in_select() {
  const auto start = [] {
    const Chan<int> a, b;
    go([=] {
      ids[0] = this_g();
      select(recv(a), send(b, 1), recv(a));
    });
  };
  start();
  expect_stuck(1, "select");
}

// What a G has in its function object, others have references of, in theirs: directly, through its stack, in one that is too
// large to be looked at, and in a Task's.
void lent() {
  static Gate never_opened;
  go([ch = Chan<int>()] {
    go([&] {
      never_opened.wait();
      ch.send(1);
    });
    ch.recv();
  });
  go([ch = Chan<int>()] {
    struct Lent {
      const Chan<int>& chan;
    } lent{ch};
    go([&lent] {
      never_opened.wait();
      lent.chan.send(1);
    });
    ch.recv();
  });
  wait_for_parked(4);
  expect_none();
  go([ch = Chan<int>()] {
    const std::array<char, 200> much{};
    go([&ch, much] {
      never_opened.wait();
      ch.send(much[0]);
    });
    ch.recv();
  });
  wait_for_parked(6);
  expect_none();
}

void lent_to_task() {
  static Gate never_opened;
  go([ch = Chan<int>()] {
    const Task<void> task = spawn([&] {
      never_opened.wait();
      ch.send(1);
    });
    ch.recv();
  });
  wait_for_parked(2);
  expect_none();
}

// Handles that main has on its stack, that are in the heap, in a channel, with a G that waits for something else; and waits that
// time, a timer or a context ends.
void alive() {
  static Gate never_opened;
  const Chan<int> on_stack, in_g;
  const auto in_heap = std::make_unique<Chan<int>>();
  const Chan<Chan<int>> channels(1);
  channels.send(Chan<int>());
  go([=] { on_stack.recv(); });
  go([ch = *in_heap] { ch.recv(); });
  go([channels] {
    const Chan<int> ch = *channels.recv();
    channels.send(ch);
    ch.recv();
  });
  wait_for_parked(3);
  const auto start = [] {
    const Chan<int> ch;
    go([=] {
      never_opened.wait();
      ch.send(1);
    });
    go([=] { ch.recv(); });
    const Chan<int> other;
    go([=] { select(recv(other), timeout(1h)); });
    go([other = Chan<int>(), context = Context().with_timeout(1h)] { select(recv(other), recv(context.done())); });
    go([timer = after(1h)] { timer.recv(); });
    go([timer = after(1h), other = Chan<int>()] { select(recv(timer), recv(other)); });
    go([] { Chan<int>(nullptr).recv(); });
    const Chan<int> held_by_sleeper;
    go([=] {
      select(recv(other), timeout(1h));
      held_by_sleeper.send(1);
    });
    go([=] { held_by_sleeper.recv(); });
  };
  start();
  wait_for_parked(12);
  expect_none();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  set_procs(2);
  if (which == "two") ring<2>();
  if (which == "ring") ring<7>();
  if (which == "itself") itself();
  if (which == "shared") shared();
  if (which == "no_circle") no_circle();
  if (which == "unlocked") unlocked();
  if (which == "held") held();
  if (which == "dropped") dropped();
  if (which == "crossed") crossed();
  if (which == "select") in_select();
  if (which == "lent") lent();
  if (which == "lent_to_task") lent_to_task();
  if (which == "alive") alive();
}
