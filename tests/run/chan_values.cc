// SPDX-License-Identifier: MIT
// What goes through a channel: any type whose move does not throw, each value once, in order, whatever the capacity; and
// what the handles say. Go's TestChan, chan/zerosize, chan/nonblock.
#include <memory>
#include <string>

#include "expect.h"

using namespace mstart;

namespace {

void in_order(int capacity) {
  Chan<int> ch(capacity);
  expect_equal(static_cast<int64_t>(ch.capacity()), capacity, "capacity");
  constexpr int kValues = 1000;
  go([=] {
    for (int i = 0; i < kValues; ++i) ch.send(i);
    ch.close();
  });
  int next = 0;
  for (int v : ch) expect_equal(v, next++, "the order");
  expect_equal(next, kValues, "how many came");
  expect(!ch.recv() && !ch.recv(), "closed and drained");
}

void buffered_values_outlive_close() {
  Chan<int> ch(3);
  ch.send(1);
  ch.send(2);
  ch.close();
  expect_equal(static_cast<int64_t>(ch.size()), 2, "size after close");
  expect_equal(*ch.recv(), 1, "the first");
  expect_equal(*ch.recv(), 2, "the second");
  expect(!ch.recv(), "then nothing");
}

void without_parking() {
  Chan<std::string> ch(1);
  std::optional<std::string> out = "untouched";
  expect(!ch.try_recv(out) && *out == "untouched", "try_recv of an empty one");
  std::string v = "a value that is too long to be kept in place";
  const std::string same = v;
  expect(ch.try_send(v) && v == same, "try_send copies an lvalue");
  expect(!ch.try_send(std::move(v)) && v == same, "try_send to a full one leaves its value");
  expect(ch.try_recv(out) && *out == same, "try_recv");
  expect(ch.try_send(std::move(v)), "try_send moves an rvalue");
  ch.close();
  expect(ch.try_recv(out) && *out == same, "what was there before close");
  expect(ch.try_recv(out) && !out, "try_recv of a closed one says so");

  Chan<int> unbuffered, nil(nullptr);
  std::optional<int> number;
  expect(!unbuffered.try_send(1) && !unbuffered.try_recv(number), "nobody is there");
  expect(!nil.try_send(1) && !nil.try_recv(number) && nil.size() == 0 && nil.capacity() == 0,
         "a null one is never ready");
}

struct Counted {
  static inline std::atomic<int> alive{0};
  int value;
  explicit Counted(int v) : value(v) { ++alive; }
  Counted(Counted&& other) noexcept : value(std::exchange(other.value, -1)) { ++alive; }
  ~Counted() { --alive; }
};

void every_value_is_destroyed_once() {
  for (const int capacity : {0, 1, 5}) {
    Chan<Counted> ch(capacity);
    go([=] {
      for (int i = 0; i < 100; ++i) ch.send(Counted(i));
      ch.close();
    });
    int next = 0;
    for (auto&& c : ch) expect_equal(c.value, next++, "moved values");
  }
  {
    Chan<Counted> dropped(7);
    for (int i = 0; i < 5; ++i) dropped.send(Counted(i));
  }
  expect_equal(Counted::alive, 0, "values still alive");
}

void move_only_and_large_and_empty() {
  Chan<std::unique_ptr<int>> owners(2);
  owners.send(std::make_unique<int>(42));
  expect(owners.try_send(std::make_unique<int>(43)), "try_send of a temporary");
  expect_equal(**owners.recv(), 42, "what the pointer owned");

  struct Large {
    int64_t words[1000];
  };
  Chan<Large> large;
  go([=] {
    for (int i = 0; i < 10; ++i) {
      auto sent = std::make_unique<Large>();
      for (int64_t& w : sent->words) w = i;
      large.send(*sent);
    }
  });
  for (int i = 0; i < 10; ++i) {
    const std::optional<Large> got = large.recv();
    for (const int64_t w : got->words) expect_equal(w, i, "a word of a large value");
  }

  Chan<Unit> tokens(1'000'000'000'000);  // nothing is kept of them
  tokens.send({});
  tokens.send({});
  expect_equal(static_cast<int64_t>(tokens.size()), 2, "tokens");
  expect(tokens.recv() && tokens.recv(), "tokens come back");

  struct alignas(256) Aligned {
    char c;
  };
  Chan<Aligned> aligned(3);
  for (int i = 0; i < 3; ++i) expect(aligned.try_send({static_cast<char>(i)}), "try_send");
  for (int i = 0; i < 3; ++i) {
    const auto got = aligned.recv();
    expect(reinterpret_cast<uintptr_t>(&*got) % 256 == 0 && got->c == i, "an aligned value");
  }
}

// A request that carries the channel for its answer: as in Go, the type is not complete yet where the channel is named.
struct Request {
  int question = 0;
  Chan<Request> answer = nullptr;
};

void channels_through_channels() {
  Chan<Request> requests;
  go([=] {
    for (auto&& r : requests) r.answer.send({r.question * 2, nullptr});
  });
  for (int i = 0; i < 100; ++i) {
    Request r{i, Chan<Request>()};
    requests.send(r);
    expect_equal(r.answer.recv()->question, 2 * i, "the answer");
  }
  requests.close();
}

void handles() {
  Chan<int> a, b = a, c, nil(nullptr);
  expect(a == b && a != c && a && !nil && nil == Chan<int>(nullptr), "handles compare by identity");
  Chan<int> moved = std::move(b);
  expect(moved == a && !b, "moved-from is null");
  b = moved;
  c = nullptr;
  expect(b == a && !c, "assigned");
  static constinit Chan<int> global(nullptr);
  global = Chan<int>(1);
  global.send(5);
  expect_equal(*global.recv(), 5, "through a global");
  global = nullptr;

  // A channel outlives the one who made it for as long as a handle is anywhere.
  Chan<int> left = [] {
    Chan<int> ch(1);
    ch.send(9);
    return ch;
  }();
  expect_equal(*left.recv(), 9, "the handle that was returned");
}

}  // namespace

int main() {
  set_procs(4);
  for (const int capacity : {0, 1, 2, 10, 100}) in_order(capacity);
  buffered_values_outlive_close();
  without_parking();
  every_value_is_destroyed_once();
  move_only_and_large_and_empty();
  channels_through_channels();
  handles();
}
