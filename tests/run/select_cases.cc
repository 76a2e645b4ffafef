// SPDX-License-Identifier: MIT
// What each case of a select does, and what it leaves alone (Go's chan/select, select3, select4, select7, TestSelfSelect,
// TestSelectDuplicateChannel, TestNonblockSelectRace2).
#include <memory>
#include <string>
#include <vector>

#include "expect.h"

using namespace mstart;

namespace {

void only_the_case_that_runs() {
  Chan<std::string> a(1), b(1), full(1);
  full.send("full");
  b.send("from b");
  std::optional<std::string> from_a = "untouched", from_b;
  std::string offered = "an offer that is too long to be kept in place";
  const std::string same = offered;
  expect_equal(select(recv(a, from_a), recv(b, from_b), send(full, std::move(offered))), 1, "the ready case");
  expect(*from_a == "untouched" && *from_b == "from b" && offered == same, "the others leave everything as it was");

  expect_equal(select(recv(a, from_a), send(b, offered)), 1, "a send");
  expect(offered == same && *b.recv() == same, "an lvalue is copied");
  expect_equal(select(recv(a, from_a), send(b, std::move(offered))), 1, "a send");
  expect(offered.empty() && *b.recv() == same, "an rvalue is moved");

  a.close();
  expect_equal(select(recv(a, from_a), recv(b)), 0, "closed is ready");
  expect(!from_a, "and says so");
}

// The same by a G that waits: it is served from outside.
void served_while_parked() {
  Chan<std::unique_ptr<int>> a, b;
  Chan<Unit> done;
  go([=] {
    a.send(std::make_unique<int>(1));
    const auto got = b.recv();
    expect_equal(**got, 2, "what the select sent");
    a.close();
    (void)done.recv();
  });
  std::optional<std::unique_ptr<int>> in;
  expect_equal(select(recv(a, in), recv(b)), 0, "a receive");
  expect_equal(**in, 1, "what came");
  auto out = std::make_unique<int>(2);
  expect_equal(select(recv(a, in), send(b, std::move(out))), 1, "a send");
  expect(out == nullptr && in.has_value(), "moved out; nothing came in");
  expect_equal(select(recv(a, in), recv(b)), 0, "closed while it waited, or before");
  expect(!in, "closed");
  expect_equal(select(recv(b), send(done, Unit{})), 1, "the end");
}

void never_parks() {
  Chan<int> a, b(1), nil(nullptr);
  std::optional<int> out;
  expect_equal(try_select(), -1, "no case");
  expect_equal(try_select(recv(a), recv(b), send(a, 1), recv(nil), send(nil, 1)), -1, "none is ready");
  expect_equal(try_select(recv(a), send(b, 7)), 1, "there is room");
  expect_equal(try_select(recv(nil, out), recv(b, out)), 1, "there is a value");
  expect_equal(*out, 7, "the value");
}

// A select does not meet itself, though it offers both sides; two of them meet each other.
void both_sides_of_one_channel() {
  Chan<int> ch;
  expect_equal(try_select(send(ch, 1), recv(ch)), -1, "it does not meet itself");
  const int n = rounds(2'000);
  Scope scope;
  std::atomic<int> received{0}, sent{0};
  for (int g = 0; g < 2; ++g) {
    scope.go([=, &received, &sent] {
      for (int i = 0; i < n; ++i) {
        std::optional<int> other;
        if (select(recv(ch, other), send(ch, g)) == 0) {
          expect_equal(*other, 1 - g, "the value is the other's");
          ++received;
        } else {
          ++sent;
        }
      }
    });
  }
  scope.wait();
  expect_equal(received, n, "meetings, seen by the receivers");
  expect_equal(sent, n, "meetings, seen by the senders");
}

void the_same_channel_in_many_cases() {
  Chan<int> ch(1);
  ch.send(1);
  std::optional<int> out;
  const int i = select(recv(ch, out), recv(ch, out), recv(ch, out));
  expect(i >= 0 && i < 3 && *out == 1, "one of the three");
  go([=] { ch.send(2); });
  expect(select(recv(ch, out), recv(ch, out)) >= 0 && *out == 2, "parked in one queue twice");
  for (int round = 0; round < 100; ++round) {  // whatever the random order, each channel is locked once
    const Chan<int> other(1);
    go([=] { (round % 2 == 0 ? ch : other).send(round); });
    expect(select(recv(ch, out), recv(other, out), recv(ch, out), recv(other, out)) >= 0 && *out == round,
           "two in turn");
  }
  go([=] { ch.close(); });
  expect(select(recv(ch, out), recv(ch, out), recv(ch)) >= 0, "closed");
}

// More cases than fit on the stack, made at run time.
void many_cases() {
  constexpr int kChannels = 100;
  std::vector<Chan<int>> channels(kChannels);
  std::vector<std::optional<int>> out(kChannels);
  std::vector<Case> cases;
  for (size_t i = 0; i < kChannels; ++i) cases.push_back(recv(channels[i], out[i]));
  expect_equal(try_select(cases), -1, "none is ready");
  for (int round = 0; round < 200; ++round) {
    const int which = round * 37 % kChannels;
    go([ch = channels[static_cast<size_t>(which)], round] { ch.send(round); });
    expect_equal(select(cases), which, "the channel that is sent to");
    expect_equal(*out[static_cast<size_t>(which)], round, "the value");
  }
}

// Each of two that are always ready runs about as often (Go's TestSelectFairness).
void fair() {
  Chan<int> a(1), b(1);
  int ran[2] = {};
  constexpr int kRounds = 10'000;
  for (int i = 0; i < kRounds; ++i) {
    (void)a.try_send(1);
    (void)b.try_send(1);
    ++ran[select(recv(a), recv(b))];
  }
  expect(ran[0] > kRounds * 4 / 10 && ran[1] > kRounds * 4 / 10, "both run");
}

}  // namespace

int main() {
  set_procs(4);
  only_the_case_that_runs();
  served_while_parked();
  never_parks();
  both_sides_of_one_channel();
  the_same_channel_in_many_cases();
  many_cases();
  fair();
}
