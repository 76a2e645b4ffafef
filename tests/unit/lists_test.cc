// SPDX-License-Identifier: MIT
// The intrusive lists of Gs: the global queue, first in first out, and the free list, last in first out.
#include <doctest/doctest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "runtime/injectq.h"
#include "runtime/p.h"
#include "tests/unit/scale.h"

using mstart::runtime::G;
using mstart::runtime::GList;
using mstart::test::scaled;

namespace {

struct Node {
  int payload = 0;
  Node* link = nullptr;
};
using Queue = mstart::runtime::InjectQueue<Node, &Node::link>;

}  // namespace

TEST_CASE("the global queue: first in, first out") {
  Queue q;
  std::vector<Node> nodes(100);
  CHECK(q.size() == 0);
  CHECK(q.pop() == nullptr);
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < nodes.size(); ++i) {
      q.push(&nodes[i]);
      REQUIRE(q.size() == i + 1);
    }
    for (size_t i = 0; i < nodes.size(); ++i) {
      REQUIRE(q.pop() == &nodes[i]);
      REQUIRE(q.size() == nodes.size() - i - 1);
    }
    CHECK(q.pop() == nullptr);
    CHECK(q.size() == 0);
  }
}

TEST_CASE("the global queue: what was popped last can be pushed at once") {
  Queue q;
  Node a, b;
  a.link = &b;  // what another list has left in it
  for (int i = 0; i < 5; ++i) {
    q.push(&a);
    CHECK(q.pop() == &a);
    CHECK(q.pop() == nullptr);
  }
  q.push(&a);
  q.push(&b);
  for (int i = 0; i < 5; ++i) {
    Node* first = q.pop();
    CHECK(first == (i % 2 == 0 ? &a : &b));
    q.push(first);
    CHECK(q.size() == 2);
  }
}

TEST_CASE("the global queue: a batch is counted until the last of it has a place") {
  Queue q;
  std::vector<Node> nodes(5);
  std::vector<Node*> put;
  uint32_t counted = 0;
  const auto take = [&](uint32_t n) {
    put.clear();
    counted = q.size();
    return q.take(n, [&](Node* node) {
      CHECK(q.size() == counted);
      node->link = node;  // it may be on another list at once
      put.push_back(node);
    });
  };
  CHECK(take(3) == nullptr);
  for (Node& node : nodes) q.push(&node);
  CHECK(take(0) == nullptr);
  CHECK(q.size() == 5);
  CHECK(take(1) == &nodes[0]);
  CHECK(put.empty());
  CHECK(q.size() == 4);
  CHECK(take(2) == &nodes[1]);
  CHECK(put == std::vector<Node*>{&nodes[2]});
  CHECK(q.size() == 2);
  CHECK(take(9) == &nodes[3]);  // more than there are
  CHECK(put == std::vector<Node*>{&nodes[4]});
  CHECK(q.size() == 0);
  CHECK(take(1) == nullptr);
  q.push(&nodes[4]);
  CHECK(q.pop() == &nodes[4]);
}

TEST_CASE("the global queue: the first that is wanted, from anywhere") {
  Queue q;
  std::vector<Node> nodes(5);
  const auto third = [](const Node* node) { return node->payload == 3; };
  CHECK(q.pop_if(third) == nullptr);
  // First, in the middle, last, alone.
  for (const std::vector<int>& payloads : {std::vector<int>{3, 1, 2}, {1, 3, 2}, {1, 2, 3}, {3}, {1, 3, 3}}) {
    for (size_t i = 0; i < payloads.size(); ++i) {
      nodes[i].payload = payloads[i];
      q.push(&nodes[i]);
    }
    CHECK(q.pop_if([](const Node*) { return false; }) == nullptr);
    CHECK(q.size() == payloads.size());
    size_t at = 0;
    while (payloads[at] != 3) ++at;
    CHECK(q.pop_if(third) == &nodes[at]);
    CHECK(q.size() == payloads.size() - 1);
    q.push(&nodes[at]);  // the end is where it should be
    for (size_t i = 0; i < payloads.size(); ++i) {
      if (i != at) CHECK(q.pop() == &nodes[i]);
    }
    CHECK(q.pop() == &nodes[at]);
    CHECK(q.pop() == nullptr);
    CHECK(q.size() == 0);
  }
}

TEST_CASE("the global queue: the best, from anywhere, unless it is not to be had at all") {
  Queue q;
  std::vector<Node> nodes(4);
  const auto score = [](const Node* node) { return node->payload != 0 ? int64_t{node->payload} : INT64_MIN; };
  CHECK(q.take_best(score) == nullptr);
  for (const std::vector<int>& payloads : {std::vector<int>{3, 1, -2, 0}, {0, -1, 3, 3}, {-1, 0, 2, 3}}) {
    for (size_t i = 0; i < payloads.size(); ++i) {
      nodes[i].payload = payloads[i];
      q.push(&nodes[i]);
    }
    for (int64_t last = 3; const Node* best = q.take_best(score); last = best->payload) CHECK(best->payload <= last);
    CHECK(q.size() == 1);
    CHECK(q.pop()->payload == 0);
    q.push(&nodes[0]);
    CHECK(q.pop() == &nodes[0]);
  }
}

TEST_CASE("the global queue does what a deque does") {
  Queue q;
  std::deque<Node*> model;
  std::vector<Node> nodes(64);
  std::vector<Node*> outside;
  for (Node& node : nodes) outside.push_back(&node);
  std::minstd_rand random(5);
  for (int i = 0; i < scaled(200'000); ++i) {
    if (random() % 2 == 0 && !outside.empty()) {
      Node* node = outside.back();
      outside.pop_back();
      q.push(node);
      model.push_back(node);
    } else {
      Node* expected = model.empty() ? nullptr : model.front();
      REQUIRE(q.pop() == expected);
      if (expected == nullptr) continue;
      model.pop_front();
      outside.push_back(expected);
    }
    REQUIRE(q.size() == model.size());
  }
}

TEST_CASE("the global queue's size can be read without its lock") {
  Queue q;
  std::mutex lock;
  std::vector<Node> nodes(8);
  std::atomic<bool> done{false};
  std::atomic<int> bad{0};
  std::thread watcher([&] {
    while (!done.load()) {
      if (q.size() > nodes.size()) ++bad;
    }
  });
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < scaled(100'000); ++i) {
        // Its own four go in, four come out: whichever, with what was written into them.
        for (size_t k = 4 * t; i == 0 && k < 4 * t + 4; ++k) {
          const std::lock_guard guard(lock);
          q.push(&nodes[k]);
        }
        Node* node;
        {
          const std::lock_guard guard(lock);
          node = q.pop();
        }
        if (node == nullptr) continue;
        ++node->payload;
        const std::lock_guard guard(lock);
        q.push(node);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  done.store(true);
  watcher.join();
  CHECK(bad == 0);
  CHECK(q.size() == nodes.size());
  int sum = 0, n = 0;
  for (Node* node; (node = q.pop()) != nullptr; ++n) sum += node->payload;
  CHECK(n == 8);
  CHECK(sum == 2 * scaled(100'000));
}

TEST_CASE("the free list: last in, first out") {
  GList list;
  const auto gs = std::make_unique<G[]>(10);
  CHECK(list.pop() == nullptr);
  CHECK(list.size == 0);
  for (int round = 0; round < 3; ++round) {
    for (uint32_t i = 0; i < 10; ++i) {
      list.push(&gs[i]);
      CHECK(list.size == i + 1);
    }
    for (uint32_t i = 10; i-- > 5;) {
      CHECK(list.pop() == &gs[i]);
      CHECK(list.size == i);
    }
    list.push(&gs[9]);
    CHECK(list.pop() == &gs[9]);
    for (uint32_t i = 5; i-- > 0;) CHECK(list.pop() == &gs[i]);
    CHECK(list.pop() == nullptr);
    CHECK(list.size == 0);
    CHECK(list.first == nullptr);
  }
}
