// SPDX-License-Identifier: MIT
// The parking lot's buckets: the queue of each address, and the tree of addresses, against a plain model; and that many
// waiters for others do not make it longer to find one's own (Go's SemTable).
#include "runtime/sema.h"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <unordered_map>
#include <vector>

#include "runtime/m.h"
#include "runtime/sched.h"
#include "tests/unit/scale.h"

using namespace mstart::runtime;
using mstart::test::scaled;

// What the lot asks of the scheduler. Nobody parks here: readied Gs are noted.
namespace {
std::vector<G*> readied;
}
namespace mstart::runtime {
constinit M m0;
void park(bool (*)(G*, void*), void*, WaitReason) { FAIL("nobody parks here"); }
void ready(G* g) { readied.push_back(g); }
}  // namespace mstart::runtime

namespace {

// Keys that share a bucket: the eight of one object do, so this is asked of the lot itself, by a waiter that the other key's
// bucket sees in its tree.
bool share_a_bucket(const void* a, const void* b) {
  Waiter waiter(a);
  Lot lot(a);
  lot.push_back(&waiter);
  lot.unlock();
  Lot other(b);
  const bool found = other.first(a) == &waiter;
  other.unlock();
  Lot again(a);
  again.remove(&waiter);
  again.unlock();
  return found;
}

// n addresses of one bucket, 8 bytes or more apart.
std::vector<const void*> colliding(size_t n) {
  std::vector<const void*> keys;
  const auto* base = reinterpret_cast<const char*>(uintptr_t{1} << 40);
  for (const char* at = base; keys.size() < n; at += 8) {
    if (share_a_bucket(base, at)) keys.push_back(at);
  }
  return keys;
}

// How deep a waiter's place is, from the pointers of the tree.
int deepest(const std::vector<std::unique_ptr<Waiter>>& waiters) {
  std::unordered_map<const Waiter*, const Waiter*> above;
  for (const auto& w : waiters) {
    for (const Waiter* below : w->below) {
      if (below != nullptr) above[below] = w.get();
    }
  }
  int most = 0;
  for (const auto& w : waiters) {
    int depth = 1;
    for (auto at = above.find(w.get()); at != above.end(); at = above.find(at->second)) ++depth;
    most = depth > most ? depth : most;
  }
  return most;
}

}  // namespace

TEST_CASE("the keys of one object share a bucket, and are different keys") {
  alignas(8) char object[8] = {};
  Waiter waiters[] = {Waiter(&object[0]), Waiter(&object[1]), Waiter(&object[2])};
  Lot lot(&object);
  for (Waiter& w : waiters) lot.push_back(&w);
  for (Waiter& w : waiters) {
    CHECK(lot.first(w.key) == &w);
    CHECK(lot.take(w.key) == &w);
    CHECK(!w.is_queued());
    CHECK(lot.first(w.key) == nullptr);
  }
  lot.unlock();
}

TEST_CASE("queues of many addresses in one bucket, against a model") {
  const std::vector<const void*> keys = colliding(60);
  std::map<const void*, std::deque<Waiter*>> model;
  std::vector<std::unique_ptr<Waiter>> alive;
  std::minstd_rand random(7);
  const auto take_out = [&](Waiter* w) {
    std::erase(model[w->key], w);
    std::erase_if(alive, [w](const auto& other) { return other.get() == w; });
  };
  for (int i = 0; i < scaled(200'000); ++i) {
    const void* key = keys[random() % keys.size()];
    Lot lot(key);
    REQUIRE(lot.first(key) == (model[key].empty() ? nullptr : model[key].front()));
    const auto action = random() % 8;
    if (action < 3 && alive.size() < 300) {
      Waiter* w = alive.emplace_back(std::make_unique<Waiter>(key)).get();
      if (action == 0) {
        lot.push_front(w);
        model[key].push_front(w);
      } else {
        lot.push_back(w);
        model[key].push_back(w);
      }
      REQUIRE(w->is_queued());
    } else if (action < 6) {
      Waiter* w = lot.take(key);
      REQUIRE(w == (model[key].empty() ? nullptr : model[key].front()));
      if (w != nullptr) take_out(w);
    } else if (!model[key].empty()) {
      Waiter* w = model[key][random() % model[key].size()];
      lot.remove(w);
      REQUIRE(!w->is_queued());
      take_out(w);
    }
    lot.unlock();
  }
  for (const void* key : keys) {
    Lot lot(key);
    while (Waiter* w = lot.take(key)) take_out(w);
    lot.unlock();
  }
  CHECK(alive.empty());
}

TEST_CASE("thousands of addresses in one bucket make a low tree, also when most have left") {
  const std::vector<const void*> keys = colliding(static_cast<size_t>(scaled(4096)));
  std::vector<std::unique_ptr<Waiter>> waiters;
  for (const void* key : keys) {
    Waiter* w = waiters.emplace_back(std::make_unique<Waiter>(key)).get();
    Lot lot(key);
    lot.push_back(w);
    lot.unlock();
  }
  CHECK(deepest(waiters) <= 32);
  std::minstd_rand random(3);
  while (waiters.size() > 100) {
    const size_t i = random() % waiters.size();
    Lot lot(waiters[i]->key);
    lot.remove(waiters[i].get());
    lot.unlock();
    std::swap(waiters[i], waiters.back());
    waiters.pop_back();
  }
  CHECK(deepest(waiters) <= 32);
  for (const auto& w : waiters) {
    Lot lot(w->key);
    CHECK(lot.take(w->key) == w.get());
    lot.unlock();
  }
}

TEST_CASE("those who wait are readied in their order; who has not left its stack is only taken out") {
  alignas(8) char object[8] = {};
  G gs[3];
  std::vector<std::unique_ptr<Waiter>> waiters;
  Lot lot(&object);
  for (int i = 0; i < 4; ++i) {
    lot.push_back(waiters.emplace_back(std::make_unique<Waiter>(&object)).get());
    waiters.back()->g = i < 3 ? &gs[i] : nullptr;
  }
  lot.unlock();
  readied.clear();
  bool before = false;
  lot_wake_all(&object, [](void* called) { *static_cast<bool*>(called) = readied.empty(); }, &before);
  CHECK(before);
  CHECK(readied == std::vector<G*>{&gs[0], &gs[1], &gs[2]});
  CHECK(!waiters.back()->is_queued());
}
