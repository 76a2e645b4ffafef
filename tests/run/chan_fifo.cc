// SPDX-License-Identifier: MIT
// Who waits is served first come first, senders and receivers, with and without a buffer, however many wait; and to be served
// takes the same time however many wait behind (Go's chan/fifo, chanlinear, chan/goroutines, TestChanSendBarrier).
#include "expect.h"

using namespace mstart;

namespace {

// Gs that come to wait in a known order: each is started when the one before waits, which on one P a yield() sees to.
void waiting_senders(int capacity) {
  Chan<int> ch(capacity);
  for (int i = 0; i < capacity; ++i) ch.send(-1);
  Scope scope;
  for (int i = 0; i < 100; ++i) {
    scope.go([=] { ch.send(i); });
    yield();
  }
  for (int i = 0; i < capacity; ++i) expect_equal(*ch.recv(), -1, "what was in the buffer");
  for (int i = 0; i < 100; ++i) expect_equal(*ch.recv(), i, "senders in their order");
}

void waiting_receivers(int capacity) {
  Chan<int> ch(capacity);
  Chan<int> order(100);
  Scope scope;
  for (int i = 0; i < 100; ++i) {
    scope.go([=] {
      expect_equal(*ch.recv(), i, "receivers in their order");
      order.send(i);
    });
    yield();
  }
  for (int i = 0; i < 100; ++i) ch.send(i);
  scope.wait();
  expect_equal(static_cast<int64_t>(order.size()), 100, "all were served");
}

// One in a long queue of selects that lost elsewhere is passed over at once.
void long_queues() {
  Chan<int> busy, other;
  const int n = rounds(20'000);
  Scope scope;
  std::atomic<int> left{n};
  for (int i = 0; i < n; ++i) {
    scope.go([=, &left] {
      expect_equal(select(recv(busy), recv(other)), 1, "the case that ran");
      --left;
    });
  }
  for (int i = 0; i < n; ++i) other.send(i);
  scope.wait();
  expect_equal(left, 0, "selects left");
  expect(!busy.try_send(1), "nobody waits in the other queue any more");
}

void daisy_chain() {
  const int n = rounds(10'000);
  const Chan<int> leftmost;
  Chan<int> right = leftmost, left = leftmost;
  for (int i = 0; i < n; ++i) {
    right = Chan<int>();
    go([=] { left.send(1 + *right.recv()); });
    left = right;
  }
  go([=] { right.send(0); });
  expect_equal(*leftmost.recv(), n, "through the chain");
}

}  // namespace

int main() {
  set_procs(1);
  for (const int capacity : {0, 1, 10}) {
    waiting_senders(capacity);
    waiting_receivers(capacity);
  }
  long_queues();
  daisy_chain();
}
