// SPDX-License-Identifier: MIT
// The heap of timers against a model that sorts; small heaps in every order.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "runtime/timer_heap.h"
#include "tests/unit/scale.h"

using mstart::runtime::TimerHeap;
using mstart::test::scaled;

namespace {

struct Item {
  int64_t when = 0;
  uint32_t place = 0;
};
using Heap = TimerHeap<Item>;

// A heap that grows as its user makes it grow.
class Growing {
 public:
  Growing() { grow(); }
  Heap* operator->() { return &heap_; }
  void push(Item* t) {
    if (heap_.full()) grow();
    heap_.push(t);
  }
  void check(const std::vector<Item*>& in) {
    REQUIRE(heap_.size() == in.size());
    REQUIRE(heap_.empty() == in.empty());
    for (const Item* t : in) {
      const Heap::Entry& e = entry(t->place - 1);
      REQUIRE(e.timer == t);
      REQUIRE(e.key <= t->when);
    }
    for (uint32_t i = 1; i < heap_.size(); ++i) REQUIRE(entry((i - 1) / 4).key <= entry(i).key);
  }

 private:
  const Heap::Entry& entry(uint32_t i) { return room_[Heap::kLead + i]; }
  void grow() {
    std::vector<Heap::Entry> larger(room_.empty() ? Heap::kLead + 1 : 2 * room_.size());
    const Heap::Entry* old = heap_.move_to(larger.data(), static_cast<uint32_t>(larger.size()));
    CHECK(old == (room_.empty() ? nullptr : room_.data()));
    room_ = std::move(larger);
  }
  std::vector<Heap::Entry> room_;
  Heap heap_;
};

// All that is due at `now`, as it comes out.
std::vector<int64_t> due(Growing& heap, int64_t now) {
  std::vector<int64_t> out;
  while (Item* t = heap->pop_due(now)) {
    CHECK(t->place == 0);
    out.push_back(t->when);
  }
  return out;
}

}  // namespace

TEST_CASE("the timer heap: empty, one, and not due") {
  Growing heap;
  CHECK(heap->empty());
  CHECK(heap->pop_due(INT64_MAX) == nullptr);
  Item a{5};
  heap.push(&a);
  CHECK(heap->first_key() == 5);
  CHECK(heap->pop_due(4) == nullptr);
  CHECK(a.place == 1);
  CHECK(heap->pop_due(5) == &a);
  CHECK(heap->empty());
  heap.push(&a);
  heap->remove(&a);
  CHECK(a.place == 0);
  CHECK(heap->empty());
}

TEST_CASE("the timer heap: every order of up to 7, each of them removed or moved") {
  for (int n = 1; n <= 7; ++n) {
    std::vector<int> order(static_cast<size_t>(n));
    for (int i = 0; i < n; ++i) order[static_cast<size_t>(i)] = i / 2;  // pairs are due at one time
    do {
      for (int change = 0; change < n; ++change) {
        for (int to = -2; to <= n; ++to) {  // -2: not changed, -1: removed
          std::vector<Item> items(order.size());
          std::vector<Item*> in;
          std::vector<int64_t> expected;
          Growing heap;
          for (size_t i = 0; i < order.size(); ++i) {
            items[i].when = order[i];
            heap.push(&items[i]);
            in.push_back(&items[i]);
          }
          Item* t = in[static_cast<size_t>(change)];
          if (to == -1) {
            heap->remove(t);
            in.erase(in.begin() + change);
          } else if (to >= 0) {
            t->when = to;
            heap->moved(t);
          }
          heap.check(in);
          for (const Item* left : in) expected.push_back(left->when);
          std::sort(expected.begin(), expected.end());
          REQUIRE(due(heap, n) == expected);
          if (to == -2) break;
        }
      }
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST_CASE("the timer heap: later is lazy, and never late") {
  Growing heap;
  Item a{10}, b{20};
  heap.push(&a);
  heap.push(&b);
  a.when = 30;
  heap->moved(&a);
  CHECK(heap->first_key() == 10);  // nobody has looked yet
  CHECK(heap->pop_due(15) == nullptr);
  CHECK(heap->first_key() == 20);  // put right by that look
  CHECK(heap->pop_due(25) == &b);
  CHECK(heap->pop_due(29) == nullptr);
  CHECK(heap->pop_due(30) == &a);
}

TEST_CASE("the timer heap: a long random life beside a sorted list") {
  std::mt19937 random(7);
  std::vector<Item> items(300);
  std::vector<Item*> in, out;
  for (Item& t : items) out.push_back(&t);
  Growing heap;
  int64_t now = 0;
  const auto take = [&random](std::vector<Item*>& from) {
    std::swap(from[random() % from.size()], from.back());
    Item* t = from.back();
    from.pop_back();
    return t;
  };
  for (int step = 0; step < scaled(200'000); ++step) {
    const int64_t when = now + static_cast<int64_t>(random() % 1000);
    switch (random() % 8) {
      case 0:
      case 1:
      case 2:
        if (out.empty()) break;
        in.push_back(take(out));
        in.back()->when = when;
        heap.push(in.back());
        break;
      case 3:
        if (in.empty()) break;
        out.push_back(take(in));
        heap->remove(out.back());
        break;
      case 4:
      case 5:
        if (in.empty()) break;
        in.push_back(take(in));
        in.back()->when = when;
        heap->moved(in.back());
        break;
      default: {
        now += static_cast<int64_t>(random() % 50);
        std::vector<int64_t> expected;
        for (size_t i = 0; i < in.size();) {
          if (in[i]->when > now) {
            ++i;
            continue;
          }
          expected.push_back(in[i]->when);
          out.push_back(in[i]);
          in[i] = in.back();
          in.pop_back();
        }
        std::sort(expected.begin(), expected.end());
        std::vector<int64_t> got = due(heap, now);
        REQUIRE(std::is_sorted(got.begin(), got.end()));
        REQUIRE(got == expected);
        break;
      }
    }
    if (step % 64 == 0) heap.check(in);
  }
}
