// SPDX-License-Identifier: MIT
// Contexts end by cancel, by their deadline, with their parent, once; and are freed when nobody sees them any more (Go's
// context: TestSimultaneousCancels, TestInterlockedCancels, TestLayersCancel, TestLayersTimeout).
#include <vector>

#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

bool ended(const Context& c) { return try_select(recv(c.done())) == 0; }

void tree() {
  const Context background, root = Context::background().with_cancel();
  expect(background == Context::background() && !background && !background.done() && background.deadline() == never,
         "background");
  const Context a = root.with_cancel(), b = root.with_cancel(), below_a = a.with_timeout(1h);
  expect(!ended(a) && a.err() == Errno{} && a != b, "alive");
  expect(below_a.deadline() < Clock::now() + 2h && a.deadline() == never, "deadlines");
  a.cancel();
  a.cancel();
  expect(ended(a) && a.err() == Errno::operation_canceled, "cancelled");
  expect(ended(below_a) && below_a.err() == Errno::operation_canceled, "with its parent");
  expect(!ended(b) && !ended(root), "neither its brother nor its parent");
  const Context late = a.with_cancel();
  expect(ended(late) && late.err() == Errno::operation_canceled, "a child of one that has ended");
  root.cancel();
  expect(ended(b), "the whole tree");
}

void deadlines() {
  const TimePoint begin = Clock::now();
  const Context c = Context().with_timeout(2ms), child = c.with_timeout(1h), early = c.with_deadline(begin);
  expect(ended(early) && early.err() == Errno::timed_out, "past: ended at once");
  expect_equal((child.deadline() - c.deadline()).count(), 0, "the parent's deadline is the earlier one");
  expect_equal(select(recv(child.done()), timeout(10s)), 0, "the child ends with its parent");
  expect(Clock::now() - begin >= 2ms, "not before its time");
  expect(c.err() == Errno::timed_out && child.err() == Errno::timed_out, "why");
  c.cancel();
  expect(c.err() == Errno::timed_out, "a context ends once");
}

// The last handle may be a done() channel's, or dropped by whoever ends it.
void handles() {
  Chan<Unit> done = [] {
    Context parent = Context().with_timeout(1ms);
    return parent.with_cancel().done();
  }();
  expect(!done.recv(), "ends though no Context is left");
  for (int i = 0; i < rounds(5'000); ++i) {
    Context parent = Context().with_cancel();
    Task<void> waiter = spawn([child = parent.with_timeout(1h)] { (void)child.done().recv(); });
    Context().with_timeout(1h).with_cancel();  // nobody sees it
    if (i % 2 != 0) yield();
    parent.cancel();
    parent = {};
    waiter.join();
  }
  // Its time comes while it is dropped.
  for (int i = 0; i < rounds(20'000); ++i) {
    Context c = Context().with_timeout(Duration(i % 100 * 50));
    Context child = c.with_timeout(Duration(i % 77 * 50));
    go([child = std::move(child)] {});
    if (i % 3 == 0) yield();
  }
}

// As deep as can be, without recursion: cancelled from the top, and freed from the bottom.
void layers() {
  const int depth = rounds(50'000);
  Context top = Context().with_cancel(), bottom = top;
  for (int i = 0; i < depth; ++i) bottom = i % 10 == 0 ? bottom.with_timeout(1h) : bottom.with_cancel();
  top.cancel();
  expect(ended(bottom), "the bottom");
}

void simultaneous() {
  for (int round = 0; round < rounds(300); ++round) {
    const Context root = Context().with_cancel();
    std::vector<Context> all{root};
    for (size_t i = 0; i < 50; ++i) all.push_back(all[i / 2].with_cancel());
    Scope scope;
    for (const Context& c : all) {
      scope.go([c] { c.cancel(); });
      scope.go([c] { (void)c.done().recv(); });
    }
    // While all that goes on, children come and go.
    scope.go([root] {
      for (int i = 0; i < 20; ++i) (void)root.with_cancel().err();
    });
    scope.wait();
    for (const Context& c : all) expect(c.err() == Errno::operation_canceled, "all have ended");
  }
}

}  // namespace

int main() {
  set_procs(4);
  tree();
  deadlines();
  handles();
  layers();
  simultaneous();
}
