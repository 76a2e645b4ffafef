// SPDX-License-Identifier: MIT
// A P's run queue: what the owner and a thief see one after the other, and that nothing is lost or run twice when they work
// at once. With 4 slots, as a model checker would shrink it, every few operations wrap around or overflow; 256 is the size in
// use. interleave_test.cc looks at small cases in every order.
#include "runtime/runq.h"

#include <doctest/doctest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <random>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/unit/scale.h"

using mstart::runtime::RunQueue;
using mstart::test::scaled;

namespace {

struct Item {
  uint32_t id = 0;
  uint32_t payload = 0;       // plain: written before a put, read after a take
  std::atomic<int> taken{0};  // how often
  std::atomic<bool> inside{false};
};

using Four = std::integral_constant<uint32_t, 4>;
using Real = std::integral_constant<uint32_t, 256>;

// A queue, its thief and enough items; positions begin anywhere.
template <uint32_t kSize>
struct Bench {
  using Queue = RunQueue<Item, kSize>;
  std::unique_ptr<Queue> queue = std::make_unique<Queue>();
  std::unique_ptr<Queue> thief = std::make_unique<Queue>();
  std::vector<Item> items = std::vector<Item>(4 * kSize);
  Item* at(uint32_t i) { return &items[i]; }

  // So that the indices wrap around in what follows.
  void shift(Queue& q, uint32_t by) {
    for (uint32_t i = 0; i < by; ++i) {
      REQUIRE(q.put_tail(at(0)));
      REQUIRE(q.get_head() == at(0));
    }
  }
};

// The positions of a queue, to begin just before they wrap around at 2^32. They are its first two members.
template <uint32_t kSize>
void set_positions(RunQueue<Item, kSize>& q, uint32_t position) {
  static_assert(std::is_standard_layout_v<RunQueue<Item, kSize>>);
  auto* positions = reinterpret_cast<std::atomic<uint32_t>*>(&q);
  positions[0] = position;
  positions[1] = position;
}

template <class Queue>
Item* get(Queue& q) {
  bool inherits;
  return q.get(&inherits);
}

template <class Queue>
bool is_drained(const Queue& q) {
  return q.empty() && q.empty_for_owner() && q.size() == 0 && !q.has_next();
}

}  // namespace

TEST_CASE_TEMPLATE("what goes to the tail comes from the head", Size, Four, Real) {
  Bench<Size::value> b;
  auto& q = *b.queue;
  CHECK(is_drained(q));
  CHECK(get(q) == nullptr);
  CHECK(q.get_head() == nullptr);
  for (uint32_t shift = 0; shift <= Size::value; ++shift) {
    for (uint32_t n = 0; n < Size::value; ++n) {
      CHECK((n % 2 == 0 ? q.submit_tail(b.at(n)) : q.put_tail(b.at(n))));
      REQUIRE(!q.empty());
      REQUIRE(!q.empty_for_owner());
      REQUIRE(q.size() == n + 1);
      REQUIRE(!q.has_next());
    }
    for (uint32_t n = 0; n < Size::value; ++n) {
      bool inherits = true;
      REQUIRE(q.get(&inherits) == b.at(n));
      REQUIRE(!inherits);
    }
    REQUIRE(get(q) == nullptr);
    REQUIRE(is_drained(q));
    b.shift(q, 1);
  }
}

// Go's TestSchedLocalQueue.
TEST_CASE_TEMPLATE("any number of puts, as many gets, and then nothing", Size, Four, Real) {
  Bench<Size::value> b;
  auto& q = *b.queue;
  for (uint32_t n = 0; n < Size::value; ++n) {
    REQUIRE(get(q) == nullptr);
    for (uint32_t i = 0; i < n; ++i) {
      REQUIRE(q.submit_tail(b.at(i)));
      REQUIRE(get(q) == b.at(i));
    }
    REQUIRE(get(q) == nullptr);
    for (uint32_t i = 0; i < n; ++i) REQUIRE(q.submit_tail(b.at(i)));
    for (uint32_t i = 0; i < n; ++i) REQUIRE(get(q) == b.at(i));
    REQUIRE(is_drained(q));
  }
}

TEST_CASE_TEMPLATE("what was readied last runs next, in the same slice", Size, Four, Real) {
  Bench<Size::value> b;
  auto& q = *b.queue;
  REQUIRE(q.submit_tail(b.at(0)));
  REQUIRE(q.put_next(b.at(1)) == nullptr);
  CHECK(q.has_next());
  CHECK(q.size() == 2);
  bool inherits = false;
  CHECK(q.get(&inherits) == b.at(1));
  CHECK(inherits);
  CHECK(q.get(&inherits) == b.at(0));
  CHECK(!inherits);
  CHECK(is_drained(q));
  // Alone in runnext is not empty either.
  REQUIRE(q.put_next(b.at(2)) == nullptr);
  CHECK(!q.empty());
  CHECK(!q.empty_for_owner());
  CHECK(q.get_head() == nullptr);
  CHECK(q.get(&inherits) == b.at(2));
  CHECK(inherits);
}

TEST_CASE_TEMPLATE("what is readied after it kicks it to the tail", Size, Four, Real) {
  Bench<Size::value> b;
  auto& q = *b.queue;
  REQUIRE(q.submit_tail(b.at(0)));
  REQUIRE(q.put_next(b.at(1)) == nullptr);
  REQUIRE(q.put_next(b.at(2)) == nullptr);
  REQUIRE(q.put_next(b.at(3)) == nullptr);
  for (const uint32_t i : {3U, 0U, 1U, 2U}) CHECK(get(q) == b.at(i));
  CHECK(is_drained(q));
}

TEST_CASE_TEMPLATE("a full ring refuses; half of it and the one too many go away", Size, Four, Real) {
  constexpr uint32_t kSize = Size::value, kHalf = RunQueue<Item, kSize>::kHalf;
  for (uint32_t shift = 0; shift <= kSize; ++shift) {
    Bench<kSize> b;
    auto& q = *b.queue;
    b.shift(q, shift);
    typename RunQueue<Item, kSize>::Batch batch;
    for (uint32_t i = 0; i < kSize; ++i) {
      REQUIRE(!q.take_half(b.at(3 * kSize), &batch));
      REQUIRE(q.submit_tail(b.at(i)));
    }
    CHECK(!q.submit_tail(b.at(kSize)));
    CHECK(!q.put_tail(b.at(kSize)));
    CHECK(q.size() == kSize);
    // runnext is beside the ring; what it kicks out of runnext has no place and comes back.
    CHECK(q.put_next(b.at(kSize)) == nullptr);
    CHECK(q.put_next(b.at(kSize + 1)) == b.at(kSize));
    CHECK(q.size() == kSize + 1);
    REQUIRE(q.take_half(b.at(kSize), &batch));
    REQUIRE(batch.size == kHalf + 1);
    for (uint32_t i = 0; i < kHalf; ++i) CHECK(batch.items[i] == b.at(i));
    CHECK(batch.items[kHalf] == b.at(kSize));
    CHECK(!q.take_half(b.at(3 * kSize), &batch));
    CHECK(get(q) == b.at(kSize + 1));
    for (uint32_t i = kHalf; i < kSize; ++i) CHECK(get(q) == b.at(i));
    CHECK(is_drained(q));
  }
}

// Go's TestSchedLocalQueueSteal.
TEST_CASE_TEMPLATE("a thief takes half, rounded up, the oldest ones", Size, Four, Real) {
  constexpr uint32_t kSize = Size::value;
  for (uint32_t n = 0; n <= kSize; ++n) {
    for (uint32_t shift = 0; shift <= kSize; shift += kSize < 16 ? 1 : 128) {
      Bench<kSize> b;
      b.shift(*b.queue, shift);
      b.shift(*b.thief, (2 * shift + 1) % kSize);
      for (uint32_t i = 0; i < n; ++i) REQUIRE(b.queue->submit_tail(b.at(i)));
      const uint32_t half = n - n / 2;
      Item* last = b.thief->steal_from(*b.queue, shift % 2 == 0);
      if (n == 0) {
        REQUIRE(last == nullptr);
        REQUIRE(is_drained(*b.thief));
        continue;
      }
      REQUIRE(last == b.at(half - 1));
      REQUIRE(b.thief->size() == half - 1);
      REQUIRE(b.queue->size() == n - half);
      for (uint32_t i = 0; i + 1 < half; ++i) REQUIRE(get(*b.thief) == b.at(i));
      for (uint32_t i = half; i < n; ++i) REQUIRE(get(*b.queue) == b.at(i));
      REQUIRE(is_drained(*b.thief));
      REQUIRE(is_drained(*b.queue));
    }
  }
}

TEST_CASE_TEMPLATE("a thief takes runnext only if told to, and only if it is alone", Size, Four, Real) {
  Bench<Size::value> b;
  REQUIRE(b.queue->put_next(b.at(0)) == nullptr);
  CHECK(b.thief->steal_from(*b.queue, false) == nullptr);
  CHECK(b.thief->steal_from(*b.queue, true) == b.at(0));
  CHECK(is_drained(*b.queue));
  CHECK(is_drained(*b.thief));

  REQUIRE(b.queue->put_next(b.at(1)) == nullptr);
  REQUIRE(b.queue->submit_tail(b.at(2)));
  CHECK(b.thief->steal_from(*b.queue, true) == b.at(2));
  CHECK(b.queue->has_next());
  CHECK(get(*b.queue) == b.at(1));
  CHECK(is_drained(*b.queue));
  CHECK(is_drained(*b.thief));
}

TEST_CASE_TEMPLATE("positions wrap around at 2^32", Size, Four, Real) {
  constexpr uint32_t kSize = Size::value;
  for (uint32_t before = 0; before <= kSize + 1; ++before) {
    Bench<kSize> b;
    set_positions(*b.queue, 0U - before);
    set_positions(*b.thief, 0U - before / 2);
    REQUIRE(is_drained(*b.queue));
    for (uint32_t i = 0; i < kSize; ++i) REQUIRE(b.queue->submit_tail(b.at(i)));
    REQUIRE(!b.queue->submit_tail(b.at(kSize)));
    REQUIRE(b.queue->size() == kSize);
    REQUIRE(b.thief->steal_from(*b.queue, false) == b.at(kSize / 2 - 1));
    for (uint32_t i = 0; i + 1 < kSize / 2; ++i) REQUIRE(get(*b.thief) == b.at(i));
    for (uint32_t i = 0; i < kSize / 2; ++i) REQUIRE(b.queue->put_tail(b.at(i)));
    typename RunQueue<Item, kSize>::Batch batch;
    REQUIRE(b.queue->take_half(b.at(kSize), &batch));
    for (uint32_t i = 0; i < kSize / 2; ++i) REQUIRE(batch.items[i] == b.at(kSize / 2 + i));
    for (uint32_t i = 0; i < kSize / 2; ++i) REQUIRE(get(*b.queue) == b.at(i));
    REQUIRE(is_drained(*b.queue));
    REQUIRE(is_drained(*b.thief));
  }
}

namespace {

// What a queue is, in ten obvious lines.
struct Obvious {
  std::deque<Item*> ring;
  Item* next = nullptr;
  Item* get(bool* inherits) {
    Item* item = next;
    *inherits = item != nullptr;
    next = nullptr;
    if (item == nullptr && !ring.empty()) {
      item = ring.front();
      ring.pop_front();
    }
    return item;
  }
};

// One random operation on both; false if they do not agree.
template <uint32_t kSize>
bool step(std::minstd_rand& random, RunQueue<Item, kSize>& q, RunQueue<Item, kSize>& thief, Obvious& model,
          Item* item) {
  const bool full = model.ring.size() == kSize;
  typename RunQueue<Item, kSize>::Batch batch;
  switch (random() % 6) {
    case 0: {
      if (q.submit_tail(item) == full) return false;
      if (!full) model.ring.push_back(item);
      return true;
    }
    case 1: {
      Item* kicked = std::exchange(model.next, item);
      if (kicked != nullptr && !full) model.ring.push_back(std::exchange(kicked, nullptr));
      return q.put_next(item) == kicked;
    }
    case 2: {
      if (q.take_half(item, &batch) != full) return false;
      for (uint32_t i = 0; full && i < kSize / 2; ++i) {
        if (batch.items[i] != model.ring.front()) return false;
        model.ring.pop_front();
      }
      return !full || (batch.size == kSize / 2 + 1 && batch.items[kSize / 2] == item);
    }
    case 3: {
      const bool take_next = random() % 2 == 0;
      Item* got = thief.steal_from(q, take_next);
      if (model.ring.empty()) return got == (take_next ? std::exchange(model.next, nullptr) : nullptr);
      for (size_t n = model.ring.size() - model.ring.size() / 2; n > 0; --n) {
        if ((n == 1 ? got : get(thief)) != model.ring.front()) return false;
        model.ring.pop_front();
      }
      return thief.empty();
    }
    default: {
      bool inherits, expected;
      return q.get(&inherits) == model.get(&expected) && inherits == expected;
    }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("a million random operations do what an obvious queue does", Size, Four, Real) {
  Bench<Size::value> b;
  Obvious model;
  std::minstd_rand random(7);
  for (int i = 0; i < scaled(1'000'000); ++i) {
    Item* item = &b.items[random() % b.items.size()];
    REQUIRE(step(random, *b.queue, *b.thief, model, item));
    REQUIRE(b.queue->size() == model.ring.size() + (model.next != nullptr ? 1 : 0));
    REQUIRE(b.queue->empty() == (b.queue->size() == 0));
  }
}

namespace {

// What taking an item must find: what was written before it was put, and nobody else.
void take(Item* item, std::atomic<int>& errors) {
  if (item->payload != ~item->id || item->taken.fetch_add(1, std::memory_order_relaxed) != 0)
    errors.fetch_add(1, std::memory_order_relaxed);
}

template <class Queue>
int drain(Queue& q, std::atomic<int>& errors) {
  int n = 0;
  for (Item* item; (item = get(q)) != nullptr; ++n) take(item, errors);
  return n;
}

// The owner's part: `count` fresh items by every way in, some of which it takes itself.
template <class Queue>
int produce(Queue& q, std::vector<Item>& items, uint32_t seed, std::atomic<int>& errors) {
  std::minstd_rand random(seed);
  int taken = 0;
  for (uint32_t id = 0; id < items.size(); ++id) {
    Item* item = &items[id];
    item->id = id;
    item->payload = ~id;
    if (random() % 2 == 0) item = q.put_next(item);
    typename Queue::Batch batch;
    while (item != nullptr && !q.submit_tail(item)) {
      if (!q.take_half(item, &batch)) continue;
      for (uint32_t i = 0; i < batch.size; ++i) take(batch.items[i], errors);
      taken += static_cast<int>(batch.size);
      item = nullptr;
    }
    for (uint32_t gets = random() % 4; gets > 1; --gets) {
      if (Item* got = get(q)) take(got, errors), ++taken;
    }
  }
  return taken + drain(q, errors);
}

}  // namespace

TEST_CASE_TEMPLATE("owner and thieves: every item is taken once, with what was written before it", Size, Four, Real) {
  using Queue = RunQueue<Item, Size::value>;
  for (const int thieves : {1, 3}) {
    std::vector<Item> items(static_cast<size_t>(scaled(2'000'000)));
    auto queues = std::make_unique<Queue[]>(static_cast<size_t>(thieves) + 1);
    std::atomic<int> errors{0}, taken{0};
    std::atomic<bool> done{false};
    std::vector<std::thread> threads;
    for (int t = 1; t <= thieves; ++t) {
      threads.emplace_back([&, t] {
        int n = 0;
        for (uint32_t tries = 0; !done.load(std::memory_order_acquire); ++tries) {
          // From the owner, but now and then from another thief.
          Queue& victim = queues[tries % 8 == 0 ? tries / 8 % static_cast<uint32_t>(thieves + 1) : 0];
          if (&victim == &queues[t]) continue;
          Item* item = queues[t].steal_from(victim, tries % 4 == 3);
          if (item != nullptr) take(item, errors), ++n;
          if (tries % 2 == 0) n += drain(queues[t], errors);
        }
        taken += n + drain(queues[t], errors);
      });
    }
    taken += produce(queues[0], items, Size::value + static_cast<uint32_t>(thieves), errors);
    done.store(true, std::memory_order_release);
    for (std::thread& thread : threads) thread.join();
    CHECK(errors == 0);
    CHECK(taken == static_cast<int>(items.size()));
    bool all_once = true;
    for (const Item& item : items) all_once = all_once && item.taken == 1;
    CHECK(all_once);
  }
}

// The same few items go round and round: nothing may be mistaken for what was at its place before.
TEST_CASE_TEMPLATE("items that come back at once are never in two hands", Size, Four, Real) {
  using Queue = RunQueue<Item, Size::value>;
  constexpr int kItems = 3;
  Queue queue, thief;
  Item items[kItems];
  std::atomic<Item*> returned[kItems] = {};
  std::atomic<int> errors{0};
  std::atomic<bool> done{false};
  const auto put = [&](Item* item, bool next) {
    ++item->payload;
    if (item->inside.exchange(true)) ++errors;
    if (next) item = queue.put_next(item);
    if (item != nullptr && !queue.submit_tail(item)) ++errors;
  };
  const auto leave = [&](Item* item) {
    ++item->payload;
    if (!item->inside.exchange(false)) ++errors;
  };
  std::thread stealing([&] {
    for (uint32_t tries = 0; !done.load(std::memory_order_acquire); ++tries) {
      Item* item = thief.steal_from(queue, tries % 2 == 0);
      for (; item != nullptr; item = get(thief)) {
        leave(item);
        returned[item->id].store(item, std::memory_order_release);
      }
    }
  });
  for (uint32_t i = 0; i < kItems; ++i) {
    items[i].id = i;
    put(&items[i], i % 2 == 0);
  }
  std::minstd_rand random(3);
  for (int i = 0; i < scaled(5'000'000); ++i) {
    if (Item* item = get(queue)) {
      leave(item);
      put(item, random() % 2 == 0);
    }
    Item* back = returned[i % kItems].exchange(nullptr, std::memory_order_acquire);
    if (back != nullptr) put(back, random() % 2 == 0);
  }
  done.store(true, std::memory_order_release);
  stealing.join();
  int found = 0;
  while (Item* item = get(queue)) {
    leave(item);
    ++found;
  }
  for (auto& slot : returned) found += slot.load() != nullptr ? 1 : 0;
  CHECK(errors == 0);
  CHECK(found == kItems);
}

namespace {

// Runs `owner` on this thread and `look` on two others until it is done; how often `look` said true.
template <class Owner, class Look>
long watch(Owner owner, Look look) {
  std::atomic<bool> done{false};
  std::atomic<long> seen{0};
  std::vector<std::thread> watchers;
  for (int i = 0; i < 2; ++i) {
    watchers.emplace_back([&, i] {
      while (!done.load(std::memory_order_acquire)) {
        if (look(i)) ++seen;
      }
    });
  }
  owner();
  done.store(true, std::memory_order_release);
  for (std::thread& watcher : watchers) watcher.join();
  return seen;
}

}  // namespace

// Go's TestSchedLocalQueueEmpty: a thread that saw it empty by mistake would go to sleep over a runnable G.
TEST_CASE_TEMPLATE("never empty while something is inside", Size, Four, Real) {
  RunQueue<Item, Size::value> q;
  Item a, b;
  const int rounds = scaled(1'000'000);
  const auto empty = [&](int) { return q.empty(); };
  bool ok = true;
  SUBCASE("from runnext to the ring, and out again") {
    ok = q.put_next(&a) == nullptr;
    CHECK(watch(
              [&] {
                for (int i = 0; i < rounds; ++i)
                  ok = q.put_next(i % 2 == 0 ? &b : &a) == nullptr && get(q) != nullptr && ok;
              },
              empty) == 0);
  }
  SUBCASE("yield: to the tail before from the head") {
    ok = q.put_tail(&a);
    CHECK(watch(
              [&] {
                for (int i = 0; i < rounds; ++i) ok = q.put_tail(i % 2 == 0 ? &b : &a) && get(q) != nullptr && ok;
              },
              empty) == 0);
  }
  SUBCASE("yield to runnext and back to the ring") {
    ok = q.put_tail(&a);
    const auto owner = [&] {
      for (int i = 0; i < rounds; ++i) {
        ok = q.put_next(&b) == nullptr && get(q) == &b && ok;
        ok = q.put_tail(&b) && get(q) == &a && q.put_tail(&a) && get(q) == &b && ok;
      }
    };
    CHECK(watch(owner, empty) == 0);
  }
  CHECK(ok);
}

namespace {

// Rounds with one steal each, at any moment of the owner's `turn`s; how often the thief came away with nothing. `turn` keeps
// one item inside at every moment.
template <class Queue, class Turn>
long steal_once_a_round(Queue& q, int rounds, bool take_next, Turn turn) {
  Queue loot;
  std::atomic<int> round{0}, stolen{0};
  std::atomic<Item*> taken{nullptr};
  long nothing = 0;
  std::thread thief([&] {
    for (int r = 1; r <= rounds; ++r) {
      while (round.load(std::memory_order_acquire) != r) std::this_thread::yield();
      taken.store(loot.steal_from(q, take_next), std::memory_order_relaxed);
      stolen.store(r, std::memory_order_release);
    }
  });
  Item* spare = nullptr;
  for (int r = 1; r <= rounds; ++r) {
    if (spare != nullptr) (void)q.put_tail(spare);
    round.store(r, std::memory_order_release);
    for (int turns = 1; stolen.load(std::memory_order_acquire) != r; ++turns) {
      turn();
      if (turns % 64 == 0) std::this_thread::yield();
    }
    spare = taken.load(std::memory_order_relaxed);
    if (spare == nullptr) ++nothing;
  }
  thief.join();
  return nothing;
}

}  // namespace

TEST_CASE_TEMPLATE("a thief never comes away with nothing while the owner moves what is inside", Size, Four, Real) {
  RunQueue<Item, Size::value> q;
  Item items[2];
  Item* running = &items[0];
  REQUIRE(q.put_tail(&items[1]));
  long owner_had_nothing = 0;
  const int rounds = scaled(100'000);
  SUBCASE("yield") {
    CHECK(steal_once_a_round(q, rounds, false, [&] {
            (void)q.put_tail(running);
            running = get(q);
            if (running == nullptr) ++owner_had_nothing;
          }) == 0);
  }
  SUBCASE("ready, and park") {
    CHECK(steal_once_a_round(q, rounds, true, [&] {
            (void)q.put_next(running);
            running = q.get_head();
            if (running != nullptr) {
              (void)q.put_next(running);
            }
            running = get(q);
            if (running == nullptr) ++owner_had_nothing;
          }) == 0);
  }
  CHECK(owner_had_nothing == 0);
}
