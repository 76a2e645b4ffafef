// SPDX-License-Identifier: MIT
// Histories of up to five Gs on one channel, each checked by brute force: is there an order of the operations that agrees
// with their times (an operation that ended before another began comes before it) and that a bounded queue explains?
// (Herlihy, Wing 1990; the search of Wing, Gong 1993, with a memory of the states that lead nowhere.)
//
//   capacity > 0: send appends if there is room, recv takes the oldest; try_ that fail find no room, or nothing
//   capacity 0:   a send and a recv happen at once, at a moment that lies in both; a try_ may fail at any moment: whether
//                 somebody waits already cannot be seen from outside
#include <algorithm>
#include <vector>

#include "expect.h"

using namespace mstart;

namespace {

enum class Kind : uint8_t { kSend, kRecv, kTrySend, kTryRecv };

struct Operation {
  Kind kind;
  bool done;  // a try_: whether it did anything
  int value;  // sent or received
  int64_t begin, end;
  bool sends() const { return kind == Kind::kSend || kind == Kind::kTrySend; }
};

std::atomic<int64_t> now{0};
int64_t tick() { return now.fetch_add(1); }

class Search {
 public:
  Search(const std::vector<Operation>& history, size_t capacity) : history_(history), capacity_(capacity) {}
  bool explains() { return from(0, {}); }

 private:
  using Mask = uint32_t;

  // The operations that may come next: all that began before any of those left has ended.
  bool from(Mask taken, std::vector<int> queue) {
    if (taken == (Mask{1} << history_.size()) - 1) return true;
    if (std::find(failed_.begin(), failed_.end(), State{taken, queue}) != failed_.end()) return false;
    int64_t first_end = INT64_MAX;
    for (size_t i = 0; i < history_.size(); ++i) {
      if ((taken >> i & 1) == 0) first_end = std::min(first_end, history_[i].end);
    }
    for (size_t i = 0; i < history_.size(); ++i) {
      if ((taken >> i & 1) == 0 && history_[i].begin < first_end && step(taken, queue, i, first_end)) return true;
    }
    failed_.push_back({taken, queue});
    return false;
  }

  bool step(Mask taken, std::vector<int> queue, size_t i, int64_t first_end) {
    const Operation& op = history_[i];
    const Mask with = taken | Mask{1} << i;
    if (!op.done) {
      const bool may_fail = capacity_ == 0 || (op.sends() ? queue.size() == capacity_ : queue.empty());
      return may_fail && from(with, queue);
    }
    if (capacity_ == 0) {
      for (size_t j = 0; j < history_.size(); ++j) {
        const Operation& other = history_[j];
        if ((with >> j & 1) == 0 && other.done && other.sends() != op.sends() && other.value == op.value &&
            other.begin < first_end && from(with | Mask{1} << j, queue))
          return true;
      }
      return false;
    }
    if (op.sends()) {
      if (queue.size() == capacity_) return false;
      queue.push_back(op.value);
    } else {
      if (queue.empty() || queue.front() != op.value) return false;
      queue.erase(queue.begin());
    }
    return from(with, std::move(queue));
  }

  struct State {
    Mask taken;
    std::vector<int> queue;
    bool operator==(const State&) const = default;
  };
  const std::vector<Operation>& history_;
  const size_t capacity_;
  std::vector<State> failed_;
};

constexpr int kEach = 4;

class Log {
 public:
  // One operation: attempt(op) does it, says so in op.value, and returns whether it did anything.
  template <class F>
  bool record(Kind kind, int value, F&& attempt) {
    Operation op{kind, true, value, tick(), 0};
    op.done = attempt(op);
    op.end = tick();
    operations.push_back(op);
    return op.done;
  }
  std::vector<Operation> operations;
};

void send_all(const Chan<int>& ch, int g, uint32_t yields, Log& log) {
  for (int i = 0; i < kEach; ++i) {
    if ((yields >> i & 1) != 0) yield();
    log.record(Kind::kSend, g * 100 + i, [&](Operation& op) {
      ch.send(op.value);
      return true;
    });
  }
}

void recv_all(const Chan<int>& ch, uint32_t yields, Log& log) {
  for (int i = 0; i < kEach; ++i) {
    if ((yields >> i & 1) != 0) yield();
    log.record(Kind::kRecv, 0, [&](Operation& op) {
      op.value = *ch.recv();
      return true;
    });
  }
}

// Takes a value away, or adds one, without parking; and then, so that the others end, gives one back, or takes one out. Of
// what fails, the first attempt is in the history.
void try_both(const Chan<int>& ch, uint32_t choices, Log& log) {
  const auto try_send = [&](int value) {
    return log.record(Kind::kTrySend, value, [&](Operation& op) { return ch.try_send(op.value); });
  };
  const auto try_recv = [&](int) {
    return log.record(Kind::kTryRecv, 0, [&](Operation& op) {
      std::optional<int> got;
      if (!ch.try_recv(got)) return false;
      op.value = *got;
      return true;
    });
  };
  const auto until_done = [&](auto&& attempt, int value) {
    while (!attempt(value)) {
      log.operations.pop_back();
      yield();
    }
  };
  for (int i = 0; i < 2; ++i) {
    if ((choices >> i & 1) != 0) {
      if (try_send(400 + i)) until_done(try_recv, 0);
    } else {
      if (try_recv(0)) until_done(try_send, 400 + i);
    }
    yield();
  }
}

void check_one(int capacity, uint32_t seed) {
  const Chan<int> ch(capacity);
  Log logs[5];
  {
    Scope scope;
    for (int g = 0; g < 2; ++g) scope.go([&, g] { send_all(ch, g, seed >> 4 * g, logs[g]); });
    for (int g = 2; g < 4; ++g) scope.go([&, g] { recv_all(ch, seed >> 4 * g, logs[g]); });
    scope.go([&] { try_both(ch, seed >> 16, logs[4]); });
  }
  std::vector<Operation> all;
  for (const Log& log : logs) all.insert(all.end(), log.operations.begin(), log.operations.end());
  if (Search(all, static_cast<size_t>(capacity)).explains()) return;
  for (const Operation& op : all)
    eprint("{:>6}..{:<6} {} {}{}\n", op.begin, op.end, op.sends() ? "send" : "recv", op.value,
           op.done ? "" : " would park");
  fatal("no order explains this history");
}

Operation operation(Kind kind, int value, int64_t begin, int64_t end) { return {kind, true, value, begin, end}; }

// The search itself: it finds the order that there is, and none where there is none.
void check_search() {
  constexpr Kind kS = Kind::kSend, kR = Kind::kRecv;
  const auto explained = [](std::vector<Operation> history, size_t capacity) {
    return Search(history, capacity).explains();
  };
  const std::vector<Operation> overtaken{operation(kS, 1, 0, 1), operation(kS, 2, 2, 3), operation(kR, 2, 4, 5),
                                         operation(kR, 1, 6, 7)};
  expect(!explained(overtaken, 2), "a value does not overtake another");
  std::vector<Operation> overlapping = overtaken;
  overlapping[1].begin = 0;
  overlapping[0].end = 3;
  expect(explained(overlapping, 2), "of two sends at the same time either may be first");
  expect(!explained(overlapping, 0), "without a buffer a send waits for its receiver");
  expect(explained({operation(kS, 1, 0, 3), operation(kR, 1, 1, 2)}, 0), "they meet");
  expect(
      !explained({operation(kS, 1, 0, 1), operation(kS, 2, 2, 3), operation(kR, 1, 4, 5), operation(kR, 2, 6, 7)}, 1),
      "two values do not fit in one place");
  std::vector<Operation> not_full{operation(kS, 1, 0, 1), operation(kR, 1, 4, 5), operation(Kind::kTrySend, 2, 2, 3)};
  not_full[2].done = false;
  expect(!explained(not_full, 2) && explained(not_full, 1), "try_send fails only if it is full");
}

}  // namespace

int main() {
  set_procs(4);
  check_search();
  uint32_t random = 12345;
  for (int round = 0; round < rounds(4'000); ++round) {
    random = random * 1664525 + 1013904223;
    for (const int capacity : {0, 1, 2}) check_one(capacity, random ^ random >> 13);
  }
}
