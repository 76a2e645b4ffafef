// SPDX-License-Identifier: MIT
// Selects against selects, against plain sends and receives, against close(), on all Ps: nothing is lost, nothing comes
// twice, nobody is left waiting (Go's TestSelectStress, TestNonblockRecvRace, TestNonblockSelectRace, chan/doubleselect, chan/select5, chan/select6,
// issue 9110, TestChanSendSelectBarrier).
#include <array>
#include <vector>

#include "expect.h"

using namespace mstart;

namespace {

// Four channels; as many plain senders, plain receivers, and two Gs that send and receive by select, each channel as often.
void stress() {
  constexpr int kChannels = 4;
  const int n = rounds(10'000);
  const std::array<Chan<int>, kChannels> ch{Chan<int>(0), Chan<int>(0), Chan<int>(2), Chan<int>(3)};
  std::atomic<int64_t> sent{0}, received{0};
  Scope scope;
  for (const Chan<int>& c : ch) {
    scope.go([&, c] {
      for (int i = 0; i < n; ++i) {
        c.send(i);
        sent += i;
      }
    });
    scope.go([&, c] {
      for (int i = 0; i < n; ++i) received += *c.recv();
    });
  }
  scope.go([&] {
    int left[kChannels];
    for (int& l : left) l = n;
    const Chan<int> nil(nullptr);
    const auto open = [&](int i) -> const Chan<int>& { return left[i] != 0 ? ch[static_cast<size_t>(i)] : nil; };
    for (int i = 0; i < kChannels * n; ++i) {
      const int which = select(send(open(3), i), send(open(2), i), send(open(0), i), send(open(1), i));
      sent += i;
      --left[std::array{3, 2, 0, 1}[static_cast<size_t>(which)]];
    }
  });
  scope.go([&] {
    int left[kChannels];
    for (int& l : left) l = n;
    const Chan<int> nil(nullptr);
    const auto open = [&](int i) -> const Chan<int>& { return left[i] != 0 ? ch[static_cast<size_t>(i)] : nil; };
    for (int i = 0; i < kChannels * n; ++i) {
      std::optional<int> v;
      --left[select(recv(open(0), v), recv(open(1), v), recv(open(2), v), recv(open(3), v))];
      received += *v;
    }
  });
  scope.wait();
  expect_equal(received, sent, "the sum of all values");
}

// A value that is there is not missed by one who would not wait, while others come and go.
void without_parking_nothing_is_missed() {
  for (int round = 0; round < rounds(5'000); ++round) {
    Chan<int> c1(1), c2(1);
    c1.send(1);
    auto other = spawn([=] {
      c2.send(1);
      (void)c1.try_send(1);  // it is full, or the select has run
    });
    expect(try_select(recv(c1), recv(c2)) >= 0, "one of the two was ready all the time");
    other.join();

    Chan<int> closed(1);
    closed.send(1);
    auto receiver = spawn([=] {
      std::optional<int> v;
      return closed.try_recv(v);
    });
    closed.close();
    expect(receiver.join(), "a value, or closed: never 'would park'");
  }
}

// Two cases of one select are never both served: each number comes through one of the two channels.
void only_one_case() {
  const int n = rounds(20'000);
  Chan<int> c1, c2, merged;
  go([=] {
    for (int i = 0; i < n; ++i) select(send(c1, i), send(c2, i));
    c1.close();
    c2.close();
  });
  WaitGroup forwarders;
  for (const Chan<int>& c : {c1, c2}) {
    forwarders.go([=] {
      for (const int v : c) merged.send(v);
    });
  }
  go([&] {
    forwarders.wait();
    merged.close();
  });
  std::vector<bool> seen(static_cast<size_t>(n));
  for (const int v : merged) {
    expect(!seen[static_cast<size_t>(v)], "a number came once");
    seen[static_cast<size_t>(v)] = true;
  }
  for (const bool s : seen) expect(s, "every number came");
}

// A channel that is looked at again and again in vain keeps nothing of it.
void nothing_is_left_behind() {
  const int n = rounds(50'000);
  Chan<int> busy, quiet;
  go([=] {
    for (int i = 0; i < n; ++i) busy.send(i);
    busy.close();
  });
  std::optional<int> v;
  while (select(recv(busy, v), recv(quiet)) == 0 && v) {
  }
  expect(!quiet.try_send(1), "nobody waits there");
}

void close_wakes_everybody() {
  for (int round = 0; round < rounds(200); ++round) {
    Chan<int> a, b;
    Scope scope;
    for (int i = 0; i < 20; ++i) {
      scope.go([=] {
        if (i % 2 != 0)
          expect(!a.recv(), "closed");
        else
          expect_equal(select(recv(b), recv(a)), 1, "closed");
      });
    }
    if (round % 2 != 0) yield();
    a.close();
  }
}

}  // namespace

int main() {
  set_procs(4);
  stress();
  without_parking_nothing_is_missed();
  only_one_case();
  nothing_is_left_behind();
  close_wakes_everybody();
}
