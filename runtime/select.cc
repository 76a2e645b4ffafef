// SPDX-License-Identifier: MIT
// select (Go's selectgo).
//
//   1. In random order, each channel by itself: if its case can run, it runs. One lock; nothing else is touched.
//   2. All channels locked, in the order of their addresses (so two selects do not lock each other out), and looked at
//      again: what nobody could do at one moment, all locks held, is the answer of a try_select, and the reason to park.
//   3. A waiter in the queue of every channel, one SelectWait for all of them; then the G leaves its stack, and the locks
//      are given up. Whoever claims the SelectWait serves that one waiter.
//      A timeout is a timer that claims it too.
//   4. The others are taken out of their queues, with all locks held again.
//
// Step 1 is no select of its own that could be wrong: to run one ready case is what select promises, whatever the other
// channels do meanwhile; their order is random, so it is fair.
#include <mstart/detail/point.h>
#include <mstart/select.h>
#include <mstart/time.h>

#include "os/clock.h"
#include "runtime/chan.h"
#include "runtime/heap.h"
#include "runtime/m.h"
#include "runtime/sched.h"
#include "runtime/timer.h"

namespace mstart::runtime {

// There in programs that have a timeout case: timeout() is beside it.
[[gnu::weak]] bool park_until(bool (*unlock)(G*, void*), bool (*give_up)(void* arg), void* arg, WaitReason reason,
                              int64_t deadline_ns);

namespace {

using Access = mstart::detail::SelectAccess;
using Kind = Access::Kind;

constexpr size_t kFewCases = 16;

// What a select needs beside its cases; for few of them it is on the stack of its G.
struct Place {
  uint32_t polled;    // the case to look at when it is this one's turn; only those with a channel
  uint32_t locked;    // the case whose channel is locked in this turn
  ChanWaiter waiter;  // of the case of this index
};

class Select {
 public:
  Select(const Case* cases, size_t count, Place* places) : cases_(cases), places_(places) {
    for (size_t i = 0; i < count; ++i) {
      if (Access::kind(cases[i]) == Kind::kTimeout)
        add_timeout(static_cast<uint32_t>(i));
      else if (Access::chan(cases[i]) != nullptr)
        poll_channel(static_cast<uint32_t>(i));
    }
    if (timeout_ >= 0) poll(static_cast<uint32_t>(timeout_));
  }

  // Step 1.
  int run_one_alone() {
    for (uint32_t turn = 0; turn < polled_; ++turn) {
      const uint32_t i = places_[turn].polled;
      if (is_timeout(i)) {
        if (deadline_ <= mstart::detail::monotonic_ns()) return timeout_;
        continue;
      }
      Channel* c = chan(i);
      if (would_park(i)) continue;
      c->lock.lock();
      G* wake = nullptr;
      const Attempt attempt = try_case(i, &wake);
      c->lock.unlock();
      if (attempt != Attempt::kWouldPark) return finish(i, attempt, wake);
    }
    return -1;
  }

  // Steps 2 to 4.
  int run_one(bool may_park) {
    sort_locks();
    lock_all();
    for (uint32_t turn = 0; turn < polled_; ++turn) {
      const uint32_t i = places_[turn].polled;
      if (is_timeout(i)) continue;  // it has just been looked at, and ends the park at once
      G* wake = nullptr;
      const Attempt attempt = try_case(i, &wake);
      if (attempt == Attempt::kWouldPark) continue;
      unlock_all();
      return finish(i, attempt, wake);
    }
    if (!may_park) {
      unlock_all();
      return -1;
    }
    return wait();
  }

  bool has_channels() const { return polled_ > (timeout_ >= 0 ? 1 : 0); }
  bool may_ever_run() const { return polled_ != 0; }

 private:
  Channel* chan(uint32_t i) const { return channel(Access::chan(cases_[i])); }
  bool is_timeout(uint32_t i) const { return Access::kind(cases_[i]) == Kind::kTimeout; }
  bool is_recv(uint32_t i) const { return Access::kind(cases_[i]) == Kind::kRecv; }
  bool would_park(uint32_t i) const { return is_recv(i) ? chan(i)->recv_would_park() : chan(i)->send_would_park(); }

  void poll_channel(uint32_t i) {
    if (!is_recv(i)) chan(i)->check_sendable();
    chan(i)->check_inside(BubbleUse::kSelect);
    poll(i);
  }
  // Of several the earliest.
  void add_timeout(uint32_t i) {
    const int64_t deadline = Access::deadline(cases_[i]).time_since_epoch().count();
    if (deadline >= deadline_) return;
    deadline_ = deadline;
    timeout_ = static_cast<int>(i);
  }
  // The next place of the random order (the "inside-out" shuffle).
  void poll(uint32_t i) {
    const uint32_t at = polled_ != 0 ? random_below(getg()->m, polled_ + 1) : 0;
    if (at != polled_) places_[polled_].polled = places_[at].polled;
    places_[at].polled = i;
    ++polled_;
  }

  // Under the channel's lock.
  Attempt try_case(uint32_t i, G** wake) {
    void* value = Access::value(cases_[i]);
    return is_recv(i) ? chan(i)->try_recv(value, wake)
                      : chan(i)->try_send(value, Access::kind(cases_[i]) == Kind::kSendCopy, wake);
  }

  int finish(uint32_t i, Attempt attempt, G* wake) {
    check(is_recv(i) || attempt != Attempt::kClosed, "send on closed channel");
    if (wake != nullptr) ready(wake);
    return static_cast<int>(i);
  }

  // Into the random order: of two cases with the same channel either may be the first in its queue. For a few it is insertion,
  // for thousands Shell's sort: n^1.5.
  void sort_locks() {
    for (uint32_t turn = 0; turn < polled_; ++turn) {
      if (!is_timeout(places_[turn].polled)) places_[locked_++].locked = places_[turn].polled;
    }
    uint32_t gap = 1;
    while (gap < locked_ / 3) gap = 3 * gap + 1;
    for (; gap > 0; gap /= 3) {
      for (uint32_t i = gap; i < locked_; ++i) {
        const uint32_t moved = places_[i].locked;
        uint32_t at = i;
        for (; at >= gap && chan(places_[at - gap].locked) > chan(moved); at -= gap)
          places_[at].locked = places_[at - gap].locked;
        places_[at].locked = moved;
      }
    }
  }
  // A channel may be in several cases.
  bool locked_before(uint32_t turn) const {
    return turn > 0 && chan(places_[turn].locked) == chan(places_[turn - 1].locked);
  }
  void lock_all() {
    mstart::detail::point();
    for (uint32_t turn = 0; turn < locked_; ++turn) {
      if (!locked_before(turn)) chan(places_[turn].locked)->lock.lock();
    }
  }
  // Backwards: the first lock of all goes last, and everybody who wants to take waiters out of their queues begins with that
  // one. So until it is free this select, with all that is on its stack, is there.
  void unlock_all() {
    for (uint32_t turn = locked_; turn-- > 0;) {
      if (!locked_before(turn)) chan(places_[turn].locked)->lock.unlock();
    }
  }

  int wait() {
    SelectWait shared{.waiters = locked_};
    G* g = getg();
    for (uint32_t turn = 0; turn < locked_; ++turn) {
      const uint32_t i = places_[turn].locked;
      const bool copy = Access::kind(cases_[i]) == Kind::kSendCopy;
      places_[i].waiter = {.g = g, .value = Access::value(cases_[i]), .select = &shared, .copy = copy};
      queue(i).push(&places_[i].waiter);
    }
    shared_ = &shared;
    bool (*const unlock)(G*, void*) = has_channels() ? unlock_channels : nothing_to_unlock;
    const WaitReason reason = g->bubble != nullptr && waits_outside() ? WaitReason::kOutside : WaitReason::kSelect;
    if (timeout_ < 0)
      park(unlock, this, reason);
    else if (!park_until(unlock, give_up, this, reason, deadline_))
      shared.fired = nullptr;
    lock_all();
    for (uint32_t turn = 0; turn < locked_; ++turn) {
      const uint32_t i = places_[turn].locked;
      queue(i).remove(&places_[i].waiter);
    }
    unlock_all();
    if (shared.fired == nullptr) return timeout_;
    for (uint32_t turn = 0;; ++turn) {
      const uint32_t i = places_[turn].locked;
      if (&places_[i].waiter != shared.fired) continue;
      return finish(i, shared.fired->served ? Attempt::kDone : Attempt::kClosed, nullptr);
    }
  }
  // For a channel that is in no bubble?
  bool waits_outside() const {
    for (uint32_t turn = 0; turn < locked_; ++turn) {
      if (chan(places_[turn].locked)->bubble == 0) return true;
    }
    return false;
  }
  WaitQueue& queue(uint32_t i) const { return is_recv(i) ? chan(i)->receivers : chan(i)->senders; }

  static bool unlock_channels(G*, void* self) {
    static_cast<Select*>(self)->unlock_all();
    return true;
  }
  // Without a lock nothing keeps the G here once its timer is started: `self` may be gone.
  static bool nothing_to_unlock(G*, void*) { return true; }
  static bool give_up(void* self) { return static_cast<Select*>(self)->shared_->claim(nullptr); }

  const Case* cases_;
  Place* places_;
  uint32_t polled_ = 0;        // cases that may become ready
  uint32_t locked_ = 0;        // those of them that have a channel
  int timeout_ = -1;           // the earliest timeout
  int64_t deadline_ = kNever;  // its
  SelectWait* shared_ = nullptr;
};

int run(const Case* cases, size_t count, Place* places, bool may_park) {
  Select select(cases, count, places);
  int i = select.run_one_alone();
  if (i >= 0 || (!may_park && !select.has_channels())) return i;
  if (!select.may_ever_run()) {
    park(nullptr, nullptr, count == 0 ? WaitReason::kSelectNoCases : WaitReason::kSelect);
    throw_error("a goroutine that nobody can wake was woken");
  }
  return select.run_one(may_park);
}

}  // namespace
}  // namespace mstart::runtime

namespace mstart::inline v0::detail {

int select(const Case* cases, size_t count, bool may_park) {
  using namespace runtime;
  user_g();
  point();
  if (count <= kFewCases) {
    alignas(Place) std::byte few[kFewCases * sizeof(Place)];  // written as far as it is needed
    return run(cases, count, reinterpret_cast<Place*>(few), may_park);
  }
  check(count <= INT32_MAX, "select: too many cases");
  auto* many = static_cast<Place*>(detail::heap_alloc(count * sizeof(Place), alignof(Place)));
  const int i = run(cases, count, many, may_park);
  runtime::heap_free(many);
  return i;
}

}  // namespace mstart::inline v0::detail
