// SPDX-License-Identifier: MIT
// Many senders, many receivers, few channels, all Ps: no value is lost, none comes twice, and what one G sends to one
// channel comes in its order (Go's TestMultiConsumer, TestPseudoRandomSend, TestChan's parallel half, ken/chan1).
#include <vector>

#include "expect.h"

using namespace mstart;

namespace {

struct Message {
  int sender, number;
};

void many_to_many(int capacity, int senders, int receivers, int each) {
  Chan<Message> ch(capacity);
  std::vector<std::atomic<uint8_t>> seen(static_cast<size_t>(senders * each));
  Scope sending, receiving;
  for (int s = 0; s < senders; ++s) {
    sending.go([=] {
      for (int i = 0; i < each; ++i) {
        ch.send({s, i});
        if (i % 97 == s) yield();
      }
    });
  }
  for (int r = 0; r < receivers; ++r) {
    receiving.go([=, &seen] {
      std::vector<int> last(static_cast<size_t>(senders), -1);
      for (const Message m : ch) {
        expect(m.number > std::exchange(last[static_cast<size_t>(m.sender)], m.number), "one sender's order");
        expect(seen[static_cast<size_t>(m.sender * each + m.number)].fetch_add(1) == 0, "a value came once");
        if (m.number % 89 == r) yield();
      }
    });
  }
  sending.wait();
  ch.close();
  receiving.wait();
  for (const auto& s : seen) expect_equal(s, 1, "times that a value came");
}

// Neither value starves the other: both are sent, by a select that may send either.
void pseudo_random_sends() {
  for (const int capacity : {0, 2}) {
    Chan<int> ch(capacity);
    Chan<Unit> stop;
    go([=] {
      while (select(send(ch, 0), send(ch, 1), recv(stop)) != 2) {
      }
    });
    int ones = 0;
    constexpr int kValues = 1000;
    for (int i = 0; i < kValues; ++i) ones += *ch.recv();
    stop.close();
    expect(ones > kValues / 4 && ones < kValues * 3 / 4, "zeros and ones in equal shares");
  }
}

// A channel as a lock: what one G did before it gave the token back, the next one sees.
void token() {
  Chan<Unit> lock(1);
  int counter = 0;
  constexpr int kGs = 8;
  const int each = rounds(5'000);
  Scope scope;
  for (int g = 0; g < kGs; ++g) {
    scope.go([=, &counter] {
      for (int i = 0; i < each; ++i) {
        lock.send({});
        ++counter;
        (void)lock.recv();
      }
    });
  }
  scope.wait();
  expect_equal(counter, kGs * each, "the counter");
}

}  // namespace

int main() {
  set_procs(4);
  const int each = rounds(5'000);
  for (const int capacity : {0, 1, 16}) {
    many_to_many(capacity, 1, 1, each);
    many_to_many(capacity, 4, 1, each);
    many_to_many(capacity, 1, 4, each);
    many_to_many(capacity, 5, 6, each);
  }
  pseudo_random_sends();
  token();
}
