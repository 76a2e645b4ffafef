// SPDX-License-Identifier: MIT
// A channel: a ring of slots and two queues of waiting Gs, all under one lock.
//
// Invariants, whenever the lock is free:
//   - at most one of the two queues has somebody in it whom this channel alone can serve (a select may wait in both)
//   - a receiver waits only if the ring is empty, a sender only if it is full; nobody waits on a closed channel
//
// A waiter is a node on the stack of the parked G. It is in a queue until somebody pops it under the lock, hands its value
// over, and after that readies the G; or until its G, woken as the winner of another case of its select, takes it out under
// the lock. So whoever holds the lock may touch every waiter in the queues, and nobody touches one after ready().
#pragma once

#include <mstart/chan.h>

#include "runtime/bubble.h"
#include "runtime/check.h"
#include "runtime/deadlock.h"
#include "runtime/g.h"
#include "runtime/spinlock.h"

namespace mstart::runtime {

struct ChanWaiter;

// The waiters of one select share one of these: who claims it first serves the select, and nobody else.
struct SelectWait {
  std::atomic<bool> claimed{false};
  ChanWaiter* fired = nullptr;  // by the claimer; the G reads it when it runs again

  const uint32_t waiters;  // how many nodes share it
  uint32_t party = 0;      // of whoever looks for deadlocks

  bool claim(ChanWaiter* by) {
    // Cheap look first: a select that waits on many busy channels is popped many times. The order is the lock's business, or
    // the timer's; the exchange only decides.
    if (claimed.load(std::memory_order_relaxed) || claimed.exchange(true, std::memory_order_relaxed)) return false;
    fired = by;
    return true;
  }
};

struct ChanWaiter {
  G* g = nullptr;
  void* value = nullptr;         // a receiver's out, a sender's value
  SelectWait* select = nullptr;  // null: not a select's
  bool copy = false;             // the sender's value is not to be moved from
  bool served = false;           // the value has changed hands; else the channel was closed
  bool queued = false;
  Stuck stuck = Stuck::kNew;
  uint32_t index = 0;  // of whoever looks for deadlocks
  ChanWaiter* next = nullptr;
  ChanWaiter* prev = nullptr;
};

// First come, first served. Under the channel's lock, but empty().
class WaitQueue {
 public:
  // Anybody: a moment's truth.
  bool empty() const { return first_.load(std::memory_order_acquire) == nullptr; }
  ChanWaiter* first() const { return first_.load(std::memory_order_relaxed); }

  void push(ChanWaiter* w) {
    w->queued = true;
    w->prev = last_;
    w->next = nullptr;
    if (last_ == nullptr)
      set_first(w);
    else
      last_->next = w;
    last_ = w;
  }
  // The first that is still to be served.
  ChanWaiter* pop() {
    while (ChanWaiter* w = first_.load(std::memory_order_relaxed)) {
      remove(w);
      if (w->select == nullptr || w->select->claim(w)) return w;
    }
    return nullptr;
  }
  void remove(ChanWaiter* w) {
    if (!w->queued) return;
    w->queued = false;
    if (w->prev == nullptr)
      set_first(w->next);
    else
      w->prev->next = w->next;
    (w->next == nullptr ? last_ : w->next->prev) = w->prev;
  }

 private:
  // release: who sees that nobody waits any more sees, next, what came of it (try_recv's look at `closed`).
  void set_first(ChanWaiter* w) { first_.store(w, std::memory_order_release); }

  std::atomic<ChanWaiter*> first_{nullptr};
  ChanWaiter* last_ = nullptr;
};

// What came of an attempt. kClosed: there will never be a value, or a receiver.
enum class Attempt : uint8_t { kWouldPark, kDone, kClosed };

struct Channel : detail::ChanHead {
  Channel(const detail::ElementType& element, size_t slots, char* ring)
      : type(&element), capacity(slots), buffer(ring) {}

  // Set once.
  const detail::ElementType* const type;
  const size_t capacity;
  char* const buffer;
  void (*free)(Channel*) = nullptr;  // what to do when the last handle is gone; null: it is a block of the heap
  bool for_users = true;             // false: it is part of a timer or a context, which alone sends to it or closes it
  const uint64_t bubble = current_bubble();  // in which it was made; 0: in none

  SpinLock lock;

  // Under the lock; the atomics can be read without.
  std::atomic<size_t> size{0};
  std::atomic<bool> closed{false};
  size_t head = 0;  // the oldest value's slot
  WaitQueue receivers, senders;

  // Under the lock. *wake: the G that has been served; to be readied after the lock.
  Attempt try_send(void* value, bool copy, G** wake);
  Attempt try_recv(void* out, G** wake);

  // Everybody who waits is told. False: it was closed already.
  bool close();

  // For users: is it theirs to send to and to close?
  void check_sendable() const { check(for_users, "send on, or close of, a channel of a Timer, Ticker or Context"); }

  // The last handle is gone.
  void check_unused() const {
    check(receivers.empty() && senders.empty(),
          "the last handle to a channel was dropped while a goroutine waits in it");
  }
  // Of the bubble that it belongs to, if it belongs to one.
  void check_inside(BubbleUse use) const {
    if (bubble != 0) [[unlikely]]
      check_in_bubble(bubble, use);
  }

  // Anybody: would an attempt park, as far as can be seen? For callers that would not park: if it would at that moment, that
  // is their answer.
  bool send_would_park() const;
  bool recv_would_park() const;

 private:
  void* slot(size_t i) const { return buffer + i * type->stride; }
  size_t after(size_t i) const { return i + 1 < capacity ? i + 1 : 0; }
  size_t tail(size_t n) const { return head + n < capacity ? head + n : head + n - capacity; }
  void set_size(size_t n) { size.store(n, std::memory_order_release); }  // release: as WaitQueue::set_first
};

// Memory for a channel of that many bytes and its ring.
void* chan_block(size_t channel_bytes, const detail::ElementType& type, size_t capacity, char** ring);
void free_block(Channel* c);  // with the values in it

// chan_watch.cc: while deadlocks are watched.
Channel* make_watched(const detail::ElementType& type, size_t capacity);

inline Channel* channel(detail::ChanHead* head) { return static_cast<Channel*>(head); }

}  // namespace mstart::runtime
