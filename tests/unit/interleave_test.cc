// SPDX-License-Identifier: MIT
// Small cases of our lock-free structures in every order, and with every value, that C++'s memory model allows (interleave.h
// says how). First the checker itself: it must see what the memory model forbids and what it allows.
#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "tests/unit/interleave_os.h"
#include "tests/unit/mini_sched.h"
#include "tests/unit/scale.h"

namespace checked {
#include "os/note.h"
#include "runtime/idle.h"
#include "runtime/injectq.h"
#include "runtime/runq.h"
#include "runtime/rwlock.h"
}  // namespace checked

namespace os = checked::mstart::os;
namespace runtime = checked::mstart::runtime;
using interleave::Atomic;
using interleave::Checker;
using interleave::Data;
using interleave::explore;
using interleave::Limits;
using interleave::Outcome;
using mstart::test::Mistakes;
using std::memory_order;

// Coroutines that are swapped by hand are more than the sanitizers follow.
#define CHECKER_TEST(name) TEST_CASE(name* doctest::skip(mstart::test::kTsan || mstart::test::kAsan))
// The memory model is in the checker: on an emulated ISA there is nothing more to find, and it would take minutes.
#define MODEL_TEST(name) \
  TEST_CASE(name* doctest::skip(mstart::test::kTsan || mstart::test::kAsan || mstart::test::emulated()))

// ---- the checker ------------------------------------------------------------------------------------------------------

namespace {

struct Litmus {
  Atomic<int> x, y;
  Data<int> data;
  int seen[4] = {-1, -1, -1, -1};
};

// Store buffering: can each of two threads miss what the other has stored?
bool both_can_miss(memory_order store, memory_order load) {
  const Outcome outcome = explore({}, [=](Checker& c) {
    auto s = std::make_shared<Litmus>();
    c.thread([=] { s->x.store(1, store), s->seen[0] = s->y.load(load); });
    c.thread([=] { s->y.store(1, store), s->seen[1] = s->x.load(load); });
    c.at_end([=, &c] { c.require(s->seen[0] == 1 || s->seen[1] == 1, "both missed"); });
  });
  return !outcome.failure.empty();
}

// Message passing: is the data there when the flag is? `between`: somebody else changes the flag by an RMW on its way.
bool message_passes(memory_order store, memory_order load, bool between = false) {
  const Outcome outcome = explore({}, [=](Checker& c) {
    auto s = std::make_shared<Litmus>();
    c.thread([=] { s->data.set(1), s->x.store(1, store); });
    c.thread([=] {
      if (s->x.load(load) == (between ? 2 : 1)) s->seen[0] = s->data.get();
    });
    if (between) {
      c.thread([=] {
        int one = 1;
        s->x.compare_exchange_strong(one, 2, memory_order::relaxed);
      });
    }
  });
  return outcome.failure.empty();
}

// Independent reads of independent writes: can two threads see two stores in different orders?
bool readers_can_disagree(memory_order store, memory_order load) {
  const Outcome outcome = explore({}, [=](Checker& c) {
    auto s = std::make_shared<Litmus>();
    c.thread([=] { s->x.store(1, store); });
    c.thread([=] { s->y.store(1, store); });
    c.thread([=] { s->seen[0] = s->x.load(load), s->seen[1] = s->y.load(load); });
    c.thread([=] { s->seen[2] = s->y.load(load), s->seen[3] = s->x.load(load); });
    c.at_end([=, &c] {
      const int* r = s->seen;
      c.require(r[0] == 0 || r[1] == 1 || r[2] == 0 || r[3] == 1, "they disagree");
    });
  });
  return !outcome.failure.empty();
}

}  // namespace

CHECKER_TEST("the checker sees store buffering, but for seq_cst") {
  CHECK(both_can_miss(memory_order::relaxed, memory_order::relaxed));
  CHECK(both_can_miss(memory_order::release, memory_order::acquire));
  CHECK(both_can_miss(memory_order::seq_cst, memory_order::acquire));
  CHECK(both_can_miss(memory_order::release, memory_order::seq_cst));
  CHECK(!both_can_miss(memory_order::seq_cst, memory_order::seq_cst));
}

CHECKER_TEST("the checker passes messages by release and acquire, and by no less") {
  CHECK(message_passes(memory_order::release, memory_order::acquire));
  CHECK(message_passes(memory_order::seq_cst, memory_order::seq_cst));
  CHECK(!message_passes(memory_order::relaxed, memory_order::acquire));
  CHECK(!message_passes(memory_order::release, memory_order::relaxed));
  CHECK(message_passes(memory_order::release, memory_order::acquire, true));
  CHECK(!message_passes(memory_order::relaxed, memory_order::acquire, true));
}

CHECKER_TEST("the checker lets readers disagree, but for seq_cst") {
  CHECK(readers_can_disagree(memory_order::release, memory_order::acquire));
  CHECK(!readers_can_disagree(memory_order::seq_cst, memory_order::seq_cst));
}

CHECKER_TEST("the checker never lets a thread read backwards") {
  const Outcome outcome = explore({}, [](Checker& c) {
    auto s = std::make_shared<Litmus>();
    c.thread([=] {
      for (int i = 1; i < 4; ++i) s->x.store(i, memory_order::relaxed);
    });
    c.thread([=, &c] {
      int last = 0;
      for (int i = 0; i < 4; ++i) {
        const int now = s->x.load(memory_order::relaxed);
        c.require(now >= last, "backwards");
        last = now;
      }
    });
  });
  CHECK(outcome.failure == "");
}

CHECKER_TEST("the checker runs once what nobody can tell apart") {
  const Outcome outcome = explore({}, [](Checker& c) {
    auto s = std::make_shared<Litmus>();
    c.thread([=] {
      for (int i = 0; i < 10; ++i) s->x.store(i);
    });
    c.thread([=] {
      for (int i = 0; i < 10; ++i) s->y.store(i);
    });
  });
  CHECK(outcome.failure == "");
  CHECK(outcome.runs == 1);
}

namespace {

// What all threads of a random program can have read together, in all orders or in those that sleep sets leave.
std::set<std::string> outcomes(uint32_t seed, int preemptions) {
  std::set<std::string> seen;
  const Outcome outcome = explore({.preemptions = preemptions}, [&](Checker& c) {
    auto words = std::make_shared<Litmus>();
    auto read = std::make_shared<std::string[]>(3);
    std::minstd_rand random(seed);
    const int threads = 2 + static_cast<int>(random() % 2);
    for (int t = 0; t < threads; ++t) {
      c.thread([=, mine = std::minstd_rand(random())]() mutable {
        for (int i = 0; i < (threads == 2 ? 4 : 2); ++i) {
          Atomic<int>& word = mine() % 2 == 0 ? words->x : words->y;
          const int value = 10 * t + i + 1;
          int expected = 0;
          constexpr memory_order kLoads[] = {memory_order::relaxed, memory_order::acquire, memory_order::seq_cst};
          constexpr memory_order kStores[] = {memory_order::relaxed, memory_order::release, memory_order::seq_cst};
          const auto kind = mine() % 6, order = mine() % 3;
          if (kind < 3)
            read[t] += std::to_string(word.load(kLoads[order])) + " ";
          else if (kind < 5)
            word.store(value, kStores[order]);
          else
            word.compare_exchange_strong(expected, value, kLoads[order]), read[t] += std::to_string(expected) + " ";
        }
      });
    }
    c.at_end([=, &seen] {
      std::string all;
      for (int t = 0; t < threads; ++t) all += read[t] + "| ";
      seen.insert(all + std::to_string(words->x.load()) + " " + std::to_string(words->y.load()));
    });
  });
  CHECK(outcome.failure == "");
  return seen;
}

}  // namespace

CHECKER_TEST("the checker's short cuts leave out no outcome") {
  for (uint32_t seed = 1; seed <= static_cast<uint32_t>(mstart::test::scaled(300)); ++seed) {
    CAPTURE(seed);
    CHECK((outcomes(seed, -1) == outcomes(seed, 1000)));
  }
}

CHECKER_TEST("the checker finds that all sleep") {
  const Outcome outcome = explore({}, [](Checker& c) {
    auto word = std::make_shared<os::FutexWord>(0);
    c.thread([=] {
      if (word->load() == 0) os::futex_wait(*word, 0);
    });
    c.thread([=] { os::futex_wake(*word), word->store(1); });
  });
  CHECK(outcome.failure.starts_with("all threads sleep"));
}

// ---- run queues -------------------------------------------------------------------------------------------------------

namespace {

struct Item {
  int id = 0;
  Data<int> payload;
  int taken = 0;
};

// What the threads do, a letter for each call:
//   owner    t submit_tail   y put_tail   n put_next   g get   h get_head       an item that is got is put again by the
//            next put; a full ring is halved, as runqput does
//   thief    s steal         S steal, runnext too       r steal from the first  and then empties its own ring
//   watcher  e empty() must be false
// Capitals with '!' (s!, S!, g!): it must not come back with nothing.
template <uint32_t kSize>
struct Queues {
  using Queue = runtime::RunQueue<Item, kSize>;
  Queue owner, loot[2];
  Item items[8];
  int made = 0;
  Item* hand = nullptr;

  void take(Checker& c, Item* item) {
    c.require(item->payload.get() == item->id, "an item came without its payload");
    ++item->taken;
  }
  Item* fresh() {
    Item* item = &items[made];
    item->id = ++made;
    item->payload.set(item->id);
    return item;
  }
  void put(Checker& c, char how) {
    Item* item = hand != nullptr ? hand : fresh();
    if (hand != nullptr) --item->taken;
    hand = nullptr;
    if (how == 'y' && owner.put_tail(item)) return;
    if (how == 'n') item = owner.put_next(item);
    typename Queue::Batch batch;
    while (item != nullptr && !owner.submit_tail(item)) {
      if (!owner.take_half(item, &batch)) continue;
      for (uint32_t i = 0; i < batch.size; ++i) take(c, batch.items[i]);
      return;
    }
  }
  void run_owner(Checker& c, const char* script) {
    for (; *script != 0; ++script) {
      if (*script == 't' || *script == 'y' || *script == 'n') {
        put(c, *script);
        continue;
      }
      bool inherits;
      Item* got = *script == 'h' ? owner.get_head() : owner.get(&inherits);
      if (got != nullptr) take(c, got), hand = got;
      if (script[1] == '!') c.require(got != nullptr, "the owner found nothing"), ++script;
    }
  }
  void run_other(Checker& c, Queue& q, const char* script) {
    for (; *script != 0; ++script) {
      if (*script == 'e') {
        c.require(!owner.empty(), "it looked empty");
        continue;
      }
      Item* got = q.steal_from(*script == 'r' ? loot[0] : owner, *script == 'S');
      if (script[1] == '!') c.require(got != nullptr, "the thief found nothing"), ++script;
      bool inherits;
      for (; got != nullptr; got = q.get(&inherits)) take(c, got);
    }
  }
  void check_end(Checker& c) {
    bool inherits;
    for (Queue* q : {&owner, &loot[0], &loot[1]}) {
      while (Item* item = q->get(&inherits)) take(c, item);
      c.require(q->empty() && q->empty_for_owner() && q->size() == 0, "a drained queue is not empty");
    }
    for (int i = 0; i < made; ++i) c.require(items[i].taken == 1, "an item was lost or taken twice");
  }
};

struct Case {
  const char* before;  // the owner's, when nobody else is there yet
  const char* owner;
  const char* other[2];
};

template <uint32_t kSize>
Outcome play(const Case& k, const Limits& limits = {}) {
  return explore(limits, [&](Checker& c) {
    auto q = std::make_shared<Queues<kSize>>();
    q->run_owner(c, k.before);
    c.thread([=, &c] { q->run_owner(c, k.owner); });
    for (int i = 0; i < 2; ++i) {
      if (k.other[i] != nullptr) c.thread([=, &c] { q->run_other(c, q->loot[i], k.other[i]); });
    }
    c.at_end([=, &c] { q->check_end(c); });
  });
}

template <uint32_t kSize>
void play_all(std::initializer_list<Case> cases, const Limits& limits = {}) {
  for (const Case& k : cases) {
    const Outcome outcome = play<kSize>(k, limits);
    CAPTURE(kSize);
    CAPTURE(std::string(k.before));
    CAPTURE(std::string(k.owner));
    CAPTURE(std::string(k.other[0]));
    CHECK(outcome.failure == "");
    CHECK(outcome.runs > 10);
    MESSAGE(kSize << " [" << std::string(k.before) << "] " << std::string(k.owner) << " | " << std::string(k.other[0])
                  << ": " << outcome.runs << " runs, " << outcome.cut_off << " cut off");
  }
}

}  // namespace

MODEL_TEST("RunQueue, owner and one thief") {
  play_all<2>({{"", "tgtg", {"ss"}},
               {"t", "tttg", {"ss"}},
               {"tt", "ttt", {"ss"}},
               {"tt", "ggtt", {"sss"}},
               {"tt", "gtgtg", {"ss"}},
               {"t", "ygyg", {"ss"}},
               {"", "ttttt", {"ss"}}});
  play_all<4>({{"ttt", "gttg", {"ss"}}, {"tttt", "ttg", {"ss"}}, {"tttt", "gtg", {"ss"}}, {"ttttg", "ttt", {"ss"}}});
}

MODEL_TEST("RunQueue, runnext and a thief that may take it") {
  play_all<2>({{"", "ngng", {"SS"}},
               {"", "nnng", {"SS"}},
               {"n", "ngn", {"SSS"}},
               {"n", "gnn", {"SSS"}},
               {"ttn", "nng", {"SS"}},
               {"tn", "ghnt", {"SSS"}}});
  play_all<4>({{"tttn", "nng", {"SSS"}}});
}

MODEL_TEST("RunQueue, two thieves") {
  play_all<2>({{"t", "gt", {"s", "s"}}, {"tt", "g", {"s", "s"}}, {"n", "gn", {"S", "S"}}, {"tn", "n", {"S", "S"}}});
  play_all<4>({{"tttt", "g", {"s", "s"}}});
}

MODEL_TEST("RunQueue, a thief's thief") {
  play_all<4>({{"ttt", "g", {"s", "r"}}, {"tt", "t", {"s", "rr"}}}, {.preemptions = 3});
}

MODEL_TEST("RunQueue is never empty for a watcher while something is inside") {
  play_all<2>({{"t", "yg!yg!", {"ee"}},
               {"n", "ng!ng!", {"ee"}},
               {"t", "ng!yg!", {"ee"}},
               {"nn", "hnhn", {"ee"}},
               {"n", "nhng!", {"e", "e"}},
               {"n", "ng!nhng!", {"e"}}});
  play_all<4>({{"t", "yg!yg!yg!", {"e"}}});
}

MODEL_TEST("RunQueue always has something for a thief while the owner yields") {
  play_all<2>({{"t", "yg!yg!", {"s!"}}, {"t", "yg!yg!yg!", {"s!"}}});
  play_all<4>({{"tt", "yg!yg!yg!", {"s!"}}});
}

MODEL_TEST("RunQueue has something for a thief who may take runnext while the owner moves it") {
  play_all<2>({{"n", "ng!ng!", {"S!"}}, {"t", "nhnhng!", {"S!"}}});
}

// ---- nobody sleeps over a runnable task --------------------------------------------------------------------------------

namespace {

class ModelMutex {
 public:
  void lock() { Checker::current()->lock(word_.word()); }
  void unlock() { Checker::current()->unlock(word_.word()); }

 private:
  Atomic<uint32_t> word_{0};
};

template <uint32_t kSize>
struct ModelEnv {
  using IdleWord = runtime::IdleWord;
  template <class T>
  using Queue = runtime::RunQueue<T, kSize>;
  template <class T>
  using Inject = runtime::InjectQueue<T, &T::link>;
  using Mutex = ModelMutex;
  using Note = os::Note;
  static constexpr int kPasses = 2;
};

struct NoData {};

// A few Ms in the middle of what they do, and in the end: is there a runnable task and an idle P, and nobody who is awake and
// searches, or will?
template <Mistakes kMistakes, uint32_t kSize>
struct Wakes {
  using Sched = mstart::test::MiniSched<ModelEnv<kSize>, NoData, kMistakes>;
  typename Sched::P ps[3];
  typename Sched::M ms[4];
  typename Sched::Task tasks[3];
  Sched sched;

  explicit Wakes(int procs) : sched(procs, ps) {}
  auto* running(int m, int p) {
    ms[m].p = &ps[p];
    return &ms[m];
  }
  // M m runs find_runnable and schedule until it has a task, which then runs for ever, or sleeps.
  void search(int m) {
    if (sched.find_runnable(&ms[m]) != nullptr) sched.found(&ms[m]);
  }
  void check_end(Checker& c) {
    bool searching = false;
    for (const auto& m : ms) searching = searching || (m.spinning && (m.p != nullptr || m.nextp != nullptr));
    if (searching || sched.state().idle_ps() == 0) return;
    c.require(!sched.any_runnable(), "a task is runnable, a P is idle, and nobody searches");
  }
};

template <Mistakes kMistakes, uint32_t kSize = 2, class Scene>
Outcome play_wakes(int procs, Limits limits, Scene scene) {
  return explore(limits, [=](Checker& c) {
    auto w = std::make_shared<Wakes<kMistakes, kSize>>(procs);
    c.may_end_asleep();
    scene(c, w);
    c.at_end([=, &c] { w->check_end(c); });
  });
}

// M 0 submits while M 1, spinning, finds nothing. `spare`: there is a third M to be woken; if not, births being refused, M 1
// must come back itself.
template <Mistakes kMistakes = Mistakes{}>
Outcome submit_against_last_spinner(bool next, bool spare) {
  return play_wakes<kMistakes>(2, {.stale_reads = 3}, [=](Checker& c, auto w) {
    w->running(0, 0);
    w->running(1, 1);
    w->ms[1].spinning = true;
    w->sched.count_spinning();
    if (spare) w->sched.put_asleep(&w->ms[2]);
    c.thread([=] { w->sched.submit(&w->ms[0], &w->tasks[0], next); });
    c.thread([=] { (void)w->sched.go_idle(&w->ms[1]); });
  });
}

// P 0 has run out of work; M 1, spinning, has just stolen its last task, which submits another one.
template <Mistakes kMistakes = Mistakes{}>
Outcome submit_against_who_did_not_spin() {
  return play_wakes<kMistakes>(2, {.preemptions = 3, .stale_reads = 0}, [=](Checker& c, auto w) {
    w->running(0, 0);
    w->running(1, 1);
    w->ms[1].spinning = true;
    w->sched.count_spinning();
    w->sched.put_asleep(&w->ms[2]);
    c.thread([=] { w->search(0); });
    c.thread([=] {
      w->sched.found(&w->ms[1]);
      w->sched.submit(&w->ms[1], &w->tasks[0], true);
    });
  });
}

// M 0 wakes for a task that is gone meanwhile, M 2 comes and goes with the idle P, M 1 submits.
template <Mistakes kMistakes = Mistakes{}>
Outcome wake_without_a_p() {
  return play_wakes<kMistakes>(3, {.preemptions = 3, .stale_reads = 0}, [=](Checker& c, auto w) {
    w->running(0, 0);
    w->running(1, 1);
    w->sched.put_idle(&w->ps[2]);
    w->sched.put_asleep(&w->ms[3]);
    c.thread([=] { w->sched.wakep(); });
    c.thread([=] { w->sched.submit(&w->ms[1], &w->tasks[0], true); });
    c.thread([=] {
      w->ms[2].p = w->sched.take_idle_p();
      if (w->ms[2].p != nullptr) w->search(2);
    });
  });
}

// M 0 puts two tasks into the global queue; M 1, not spinning, takes both; M 2, spinning, finds nothing.
template <Mistakes kMistakes = Mistakes{}>
Outcome global_batch_against_last_spinner() {
  return play_wakes<kMistakes, 4>(3, {.preemptions = 3, .stale_reads = 1}, [=](Checker& c, auto w) {
    for (int i = 0; i < 3; ++i) w->running(i, i);
    w->ms[2].spinning = true;
    w->sched.count_spinning();
    w->sched.put_asleep(&w->ms[3]);
    c.thread([=] {
      w->sched.submit_global(&w->tasks[0]);
      w->sched.submit_global(&w->tasks[1]);
    });
    c.thread([=] { (void)w->sched.take_global_locked(w->ms[1].p); });
    c.thread([=] { (void)w->sched.go_idle(&w->ms[2]); });
  });
}

// M 0 submits two tasks; the spinning M 1 is enough for one.
template <Mistakes kMistakes = Mistakes{}>
Outcome two_tasks_and_one_spinner() {
  return play_wakes<kMistakes>(3, {.preemptions = 2, .stale_reads = 1}, [=](Checker& c, auto w) {
    w->running(0, 0);
    w->running(1, 1);
    w->ms[1].spinning = true;
    w->sched.count_spinning();
    w->sched.put_idle(&w->ps[2]);
    w->sched.put_asleep(&w->ms[3]);
    c.thread([=] {
      w->sched.submit(&w->ms[0], &w->tasks[0], false);
      w->sched.submit(&w->ms[0], &w->tasks[1], false);
    });
    c.thread([=] { w->search(1); });
  });
}

bool holds(const Outcome& outcome) {
  CHECK(outcome.failure == "");
  CHECK(outcome.runs > 10);
  return outcome.failure.empty();
}
bool breaks(const Outcome& outcome) { return outcome.failure.starts_with("a task is runnable"); }

}  // namespace

MODEL_TEST("a submission and the last spinner's last look do not miss each other") {
  for (const bool next : {true, false}) {
    for (const bool spare : {true, false}) CHECK(holds(submit_against_last_spinner(next, spare)));
  }
  CHECK(breaks(submit_against_last_spinner<Mistakes{.look_first = true}>(true, true)));
  CHECK(breaks(submit_against_last_spinner<Mistakes{.publish_weakly = true}>(true, true)));
  CHECK(breaks(submit_against_last_spinner<Mistakes{.recheck_first = true}>(true, true)));
  CHECK(breaks(submit_against_last_spinner<Mistakes{.no_recheck = true}>(true, true)));
  CHECK(breaks(submit_against_last_spinner<Mistakes{.ignore_needspinning = true}>(true, false)));
}

MODEL_TEST("a submission and an M that gives up its P without a search do not miss each other") {
  CHECK(holds(submit_against_who_did_not_spin()));
  CHECK(breaks(submit_against_who_did_not_spin<Mistakes{.trust_blindly = true}>()));
}

MODEL_TEST("a wake that finds no P leaves nothing behind that others could take for a spinner") {
  CHECK(holds(wake_without_a_p()));
  CHECK(breaks(wake_without_a_p<Mistakes{.count_out_unlocked = true}>()));
}

MODEL_TEST("tasks that move from the global queue to a ring are not overlooked") {
  CHECK(holds(global_batch_against_last_spinner()));
  CHECK(breaks(global_batch_against_last_spinner<Mistakes{.batch_in_hand = true}>()));
}

MODEL_TEST("the last spinner that finds work wakes another") {
  CHECK(holds(two_tasks_and_one_spinner()));
  CHECK(breaks(two_tasks_and_one_spinner<Mistakes{.no_chain = true}>()));
}

// ---- notes and locks --------------------------------------------------------------------------------------------------

namespace {

struct Shared {
  os::Note note, back;
  runtime::RwLock rw;
  Data<int> data;
  int readers = 0, writers = 0, rounds = 0;

  // A critical section; `inside` counts without atomics, as runs are on one host thread.
  void read(Checker& c) {
    rw.rlock();
    ++readers;
    (void)data.get();
    c.require(writers == 0, "a reader beside a writer");
    --readers;
    rw.runlock();
  }
  void write(Checker& c) {
    rw.lock();
    ++writers;
    data.set(data.get() + 1);
    c.require(readers == 0 && writers == 1, "a writer is not alone");
    --writers;
    rw.unlock();
  }
};

Outcome play_shared(const Limits& limits, std::function<void(Checker&, std::shared_ptr<Shared>)> scene) {
  return explore(limits, [=](Checker& c) { scene(c, std::make_shared<Shared>()); });
}

}  // namespace

MODEL_TEST("a note wakes its sleeper, who sees what was written before") {
  CHECK(holds(play_shared({}, [](Checker& c, auto s) {
    c.thread([=, &c] {
      s->data.set(1);
      c.require(s->note.wake(), "nobody has woken it");
      c.require(s->back.sleep(), "no limit, but timed out");
      c.require(s->data.get() == 2, "the sleeper's answer is not there");
    });
    c.thread([=, &c] {
      c.require(s->note.sleep(), "no limit, but timed out");
      s->data.set(s->data.get() + 1);
      s->note.clear();
      c.require(s->back.wake(), "nobody has woken it");
    });
  })));
}

MODEL_TEST("a sleep with a deadline says whether it was woken") {
  CHECK(holds(play_shared({}, [](Checker& c, auto s) {
    c.thread([=, &c] {
      s->data.set(1);
      c.require(s->note.wake(), "nobody has woken it");
      c.require(!s->note.wake(), "woken twice");
    });
    c.thread([=, &c] {
      if (!s->note.sleep(1)) c.require(s->note.sleep(), "no limit, but timed out");
      c.require(s->data.get() == 1, "the waker's data are not there");
    });
  })));
}

MODEL_TEST("RwLock: writers are alone, and everybody comes in") {
  using Kinds = std::initializer_list<std::initializer_list<char>>;
  for (const Kinds& kinds : {Kinds{{'w'}, {'w', 'w'}}, Kinds{{'r', 'r'}, {'w'}}, Kinds{{'r'}, {'w', 'r'}},
                             Kinds{{'r'}, {'r'}, {'w'}}, Kinds{{'r'}, {'w'}, {'w'}}, Kinds{{'w'}, {'w'}, {'w'}}}) {
    CHECK(holds(play_shared({.preemptions = 3, .stale_reads = 1}, [=](Checker& c, auto s) {
      int writes = 0;
      for (const auto& kind : kinds) {
        c.thread([=, &c] {
          for (const char k : kind) k == 'r' ? s->read(c) : s->write(c);
        });
        for (const char k : kind) writes += k == 'w' ? 1 : 0;
      }
      c.at_end([=, &c] { c.require(s->data.get() == writes, "a write was lost"); });
    })));
  }
}

MODEL_TEST("RwLock: readers are inside together") {
  bool together = false;
  CHECK(holds(play_shared({}, [&](Checker& c, auto s) {
    for (int i = 0; i < 2; ++i) {
      c.thread([=, &together] {
        s->rw.rlock();
        ++s->readers;
        together = together || s->readers == 2;
        (void)s->data.get();
        s->rw.runlock();
        --s->readers;
      });
    }
  })));
  CHECK(together);
}
