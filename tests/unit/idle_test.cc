// SPDX-License-Identifier: MIT
// The idle word, and with it the promise of sched.cc's head (I3): if a task is runnable and a P idle, somebody searches. Here
// on host threads, with the real word and queues; interleave_test.cc has the same protocol in all orders.
#include "runtime/idle.h"

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "arch/arch.h"
#include "os/note.h"
#include "runtime/injectq.h"
#include "runtime/runq.h"
#include "tests/unit/mini_sched.h"
#include "tests/unit/scale.h"

using mstart::runtime::IdleState;
using mstart::runtime::IdleWord;
using mstart::test::MiniSched;
using mstart::test::Mistakes;
using mstart::test::scaled;

TEST_CASE("an idle word starts with idle Ps, and with nothing else") {
  for (const uint32_t n : {0U, 1U, 2U, 1024U, (1U << 20) - 1}) {
    const IdleState state = IdleWord(n).look();
    CHECK(state.idle_ps() == n);
    CHECK(state.spinning() == 0);
    CHECK(!state.needs_spinning());
  }
}

TEST_CASE("a wake is wanted when a P is idle and nobody spins") {
  IdleWord word(0);
  CHECK(!word.look().wants_wake());
  word.need_spinning();
  CHECK(!word.look().wants_wake());
  word.add_idle_ps(1);
  CHECK(word.look().wants_wake());  // needspinning is for who gives up a P, not for who submits
  word.add_spinning();
  CHECK(!word.look().wants_wake());
  word.add_idle_ps(5);
  CHECK(!word.look().wants_wake());
  CHECK(word.sub_spinning() == 1);
  CHECK(word.look().wants_wake());
  word.clear_need_spinning();
  CHECK(word.look().wants_wake());
  word.add_idle_ps(-6);
  CHECK(!word.look().wants_wake());
}

TEST_CASE("the first spinner is one, and only where a wake is wanted") {
  IdleWord word(0);
  CHECK(!word.try_first_spinner());
  CHECK(word.look().spinning() == 0);
  word.add_idle_ps(3);
  CHECK(word.try_first_spinner());
  CHECK(word.look().spinning() == 1);
  CHECK(word.look().idle_ps() == 3);
  CHECK(!word.try_first_spinner());
  CHECK(word.look().spinning() == 1);
  CHECK(word.sub_spinning() == 1);
  CHECK(word.try_first_spinner());
}

TEST_CASE("to count out a spinner who was not counted is seen") {
  IdleWord word(1);
  CHECK(word.sub_spinning() == 0);
}

TEST_CASE("the word's fields do not mix") {
  constexpr uint32_t kMost = (1U << 20) - 1;
  IdleWord word(0);
  uint32_t idle = 0, spinning = 0;
  bool need = false;
  std::minstd_rand random(11);
  for (int i = 0; i < scaled(1'000'000); ++i) {
    switch (random() % 7) {
      case 0:
        // To the ends of the field, too.
        if (const uint32_t to = random() % 3 == 0 ? (random() % 2 == 0 ? 0 : kMost) : random() % kMost; true) {
          word.add_idle_ps(static_cast<int>(to) - static_cast<int>(idle));
          idle = to;
        }
        break;
      case 1:
      case 2:
        if (spinning < kMost) word.add_spinning(), ++spinning;
        break;
      case 3:
        if (spinning > 0) REQUIRE(word.sub_spinning() == spinning--);
        break;
      case 4:
        word.need_spinning();
        need = true;
        break;
      case 5:
        word.clear_need_spinning();
        need = false;
        break;
      default:
        if (word.try_first_spinner()) {
          REQUIRE((idle != 0 && spinning == 0));
          ++spinning;
        } else {
          REQUIRE((idle == 0 || spinning != 0));
        }
    }
    const IdleState state = word.look();
    REQUIRE(state.idle_ps() == idle);
    REQUIRE(state.spinning() == spinning);
    REQUIRE(state.needs_spinning() == need);
    REQUIRE(state.wants_wake() == (idle != 0 && spinning == 0));
  }
}

TEST_CASE("many try to be the first spinner: never two at a time") {
  IdleWord word(1);
  std::atomic<int> inside{0}, together{0};
  std::atomic<long> won{0};
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < scaled(300'000); ++i) {
        if (!word.try_first_spinner()) continue;
        if (inside.fetch_add(1) != 0) ++together;
        ++won;
        inside.fetch_sub(1);
        if (word.sub_spinning() != 1) ++together;
      }
    });
  }
  // Meanwhile the other fields change.
  std::thread others([&] {
    while (!done.load()) {
      word.add_idle_ps(3);
      word.need_spinning();
      word.add_idle_ps(-3);
      word.clear_need_spinning();
    }
  });
  for (std::thread& thread : threads) thread.join();
  done.store(true);
  others.join();
  CHECK(together == 0);
  CHECK(won > 0);
  CHECK(word.look().idle_ps() == 1);
  CHECK(word.look().spinning() == 0);
  CHECK(!word.look().needs_spinning());
}

TEST_CASE("what many threads count is exact") {
  IdleWord word(7);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < scaled(200'000); ++i) {
        word.add_spinning();
        word.add_idle_ps(t + 1);
        word.need_spinning();
        word.add_idle_ps(-t - 1);
        (void)word.sub_spinning();
      }
      word.add_spinning();
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(word.look().idle_ps() == 7);
  CHECK(word.look().spinning() == 4);
  CHECK(word.look().needs_spinning());
}

// ---- nobody sleeps over a runnable task --------------------------------------------------------------------------------

namespace {

struct HostEnv {
  using IdleWord = mstart::runtime::IdleWord;
  template <class T>
  using Queue = mstart::runtime::RunQueue<T, 4>;
  template <class T>
  using Inject = mstart::runtime::InjectQueue<T, &T::link>;
  using Mutex = std::mutex;
  using Note = mstart::os::Note;
  static constexpr int kPasses = 4;
};

struct TaskData {
  int id = 0;
  int payload = 0;               // plain: from the submitter to whoever runs it
  int children = 0;              // a tree: the next ids
  bool ready_then_spin = false;  // submits child after child and waits for each, without giving up its P
  std::atomic<bool> done{false};
};

// Ms on host threads.
template <Mistakes kMistakes>
class World {
 public:
  using Sched = MiniSched<HostEnv, TaskData, kMistakes>;
  using Task = typename Sched::Task;
  using M = typename Sched::M;

  World(int procs, int ms) : ps_(static_cast<size_t>(procs)), ms_(static_cast<size_t>(ms)), sched_(procs, ps_.data()) {
    for (auto& p : ps_) sched_.put_idle(&p);
    for (M& m : ms_) threads_.emplace_back([this, &m] { run(&m); });
  }
  ~World() {
    if (!stopped_) stop();  // after a loss
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Runs tasks [0, n) by submitting the first and waiting for all. False: a wake was lost.
  bool round(std::vector<Task>& tasks, int n) {
    tasks_ = tasks.data();
    left_.store(n);
    round_over_.clear();
    tasks[0].payload = ~0;
    submitting_.store(true);
    sched_.submit_global(&tasks[0]);
    submitting_.store(false);
    // The deadline only says when to look whether all sleep; then nobody would ever come.
    while (!round_over_.sleep(next_look())) {
      if (sched_.sleeping() == static_cast<int>(ms_.size()) && left_.load() > 0) lost_.store(true);
      if (lost_.load()) return false;
    }
    return !lost_.load();
  }

  // All Ms go to sleep and end. What is counted then must be what was at the start.
  void stop() {
    stopped_ = true;
    sched_.stop();
    for (std::thread& thread : threads_) thread.join();
    if (lost_.load()) return;
    CHECK(sched_.state().idle_ps() == ps_.size());
    CHECK(sched_.state().spinning() == 0);
    CHECK(!sched_.any_runnable());
  }
  long bad_payloads() const { return bad_payloads_.load(); }

 private:
  static int64_t next_look() {
    mstart::os::Timespec now{};
    (void)mstart::os::clock_gettime(1, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec + 20'000'000;
  }

  void run(M* m) {
    sched_.start(m);
    while (m->p != nullptr) {
      Task* t = sched_.find_runnable(m);
      if (t == nullptr) return;
      sched_.found(m);
      execute(m, t);
    }
  }

  void execute(M* m, Task* t) {
    if (t->payload != ~t->id) ++bad_payloads_;
    for (int i = 0; i < t->children; ++i) {
      Task* child = &tasks_[t->ready_then_spin ? i + 1 : t->id * t->children + i + 1];
      child->payload = ~child->id;
      sched_.submit(m, child, i % 2 == 0);
      if (t->ready_then_spin && !wait_for(child)) break;
    }
    t->done.store(true, std::memory_order_release);
    if (left_.fetch_sub(1) == 1) (void)round_over_.wake();
  }

  // Somebody else must run it. False: all others sleep, and it has not been run.
  bool wait_for(Task* t) {
    for (int spins = 1; !t->done.load(std::memory_order_acquire); ++spins) {
      mstart::arch::cpu_relax();
      if (spins % 256 != 0) continue;
      if (submitting_.load()) continue;  // its wake is still under way
      const bool all_others_sleep = sched_.sleeping() == static_cast<int>(ms_.size()) - 1;
      if (lost_.load() || (all_others_sleep && !t->done.load(std::memory_order_acquire))) {
        lost_.store(true);
        return false;
      }
      std::this_thread::yield();
    }
    return true;
  }

  std::vector<typename Sched::P> ps_;
  std::vector<M> ms_;
  Sched sched_;
  Task* tasks_ = nullptr;
  std::atomic<int> left_{0};
  mstart::os::Note round_over_;
  std::atomic<bool> submitting_{false}, lost_{false};
  std::atomic<long> bad_payloads_{0};
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

template <class Task>
void reset(std::vector<Task>& tasks) {
  for (size_t i = 0; i < tasks.size(); ++i) {
    tasks[i].id = static_cast<int>(i);
    tasks[i].payload = 0;
    tasks[i].children = 0;
    tasks[i].ready_then_spin = false;
    tasks[i].done.store(false, std::memory_order_relaxed);
  }
}

// How many Ps and Ms. With as many Ms as Ps, a wake often finds none that sleeps yet.
struct Shape {
  int procs, ms;
};
constexpr Shape kShapes[] = {{2, 2}, {2, 4}, {3, 3}, {3, 5}};

// Rounds without a lost wake.
template <Mistakes kMistakes = Mistakes{}, class Prepare>
int rounds_without_loss(Shape shape, int rounds, int tasks_each, Prepare prepare) {
  World<kMistakes> world(shape.procs, shape.ms);
  std::vector<typename World<kMistakes>::Task> tasks(static_cast<size_t>(tasks_each));
  for (int r = 0; r < rounds; ++r) {
    reset(tasks);
    prepare(tasks, r);
    if (!world.round(tasks, tasks_each)) return r;
  }
  world.stop();
  CHECK(world.bad_payloads() == 0);
  return rounds;
}

constexpr auto kTree = [](auto& tasks, int) {
  const size_t inner = (tasks.size() - 1) / 2;
  for (size_t i = 0; i < inner; ++i) tasks[i].children = 2;
};
constexpr auto kReadyThenSpin = [](auto& tasks, int) {
  tasks[0].children = static_cast<int>(tasks.size()) - 1;
  tasks[0].ready_then_spin = true;
};

}  // namespace

TEST_CASE("trees of tasks: never do all sleep while one is left") {
  for (const Shape& shape : kShapes) {
    CAPTURE(shape.procs);
    CAPTURE(shape.ms);
    const int rounds = scaled(10'000);
    CHECK(rounds_without_loss(shape, rounds, 1, kTree) == rounds);
    CHECK(rounds_without_loss(shape, rounds, 7, kTree) == rounds);
    CHECK(rounds_without_loss(shape, rounds / 10, 127, kTree) == rounds / 10);
  }
}

TEST_CASE("ready, then spin: somebody else always comes") {
  for (const Shape& shape : kShapes) {
    CAPTURE(shape.procs);
    CAPTURE(shape.ms);
    const int rounds = scaled(1'000);
    CHECK(rounds_without_loss(shape, rounds, 50, kReadyThenSpin) == rounds);
  }
}
