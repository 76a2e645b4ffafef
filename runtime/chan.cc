// SPDX-License-Identifier: MIT
// Channels (Go's chan.go).
//
// No wake-up is lost: a G that finds nothing to do puts its waiter into the queue under the lock, and the lock is given up
// only when it has left its stack (park's unlock). Whoever makes something to do holds the lock: he either came first, and
// the G sees what he did, or he finds the waiter.
//
// No G runs twice: a waiter is popped once, under the lock; if it belongs to a select, only by whoever claims that.
//
// A served G goes to runnext (ready): a value that changes hands is worked on at once, and two Gs that pass values to and
// fro do not leave the P; they share one slice for 64 turns at most (sched.cc, next_local).
#include "runtime/chan.h"

#include <mstart/detail/point.h>

#include <new>

#include "runtime/config.h"
#include "runtime/heap.h"
#include "runtime/m.h"
#include "runtime/sched.h"

namespace mstart::runtime {

Attempt Channel::try_send(void* value, bool copy, G** wake) {
  if (closed.load(std::memory_order_relaxed)) return Attempt::kClosed;
  if (ChanWaiter* receiver = receivers.pop()) {
    type->give(receiver->value, value, copy);
    receiver->served = true;
    *wake = receiver->g;
    return Attempt::kDone;
  }
  const size_t n = size.load(std::memory_order_relaxed);
  if (n == capacity) return Attempt::kWouldPark;
  type->fill(slot(tail(n)), value, copy);
  set_size(n + 1);
  return Attempt::kDone;
}

Attempt Channel::try_recv(void* out, G** wake) {
  const size_t n = size.load(std::memory_order_relaxed);
  if (n != 0) {
    const size_t oldest = head;
    type->take(out, slot(oldest));
    head = after(oldest);
    ChanWaiter* sender = senders.pop();
    if (sender == nullptr) {
      set_size(n - 1);
      return Attempt::kDone;
    }
    type->fill(slot(oldest), sender->value, sender->copy);  // the ring was full: what is free is the tail
    sender->served = true;
    *wake = sender->g;
    return Attempt::kDone;
  }
  if (ChanWaiter* sender = senders.pop()) {
    type->give(out, sender->value, sender->copy);
    sender->served = true;
    *wake = sender->g;
    return Attempt::kDone;
  }
  if (!closed.load(std::memory_order_relaxed)) return Attempt::kWouldPark;
  type->none(out);
  return Attempt::kClosed;
}

// A closed channel never becomes ready for sending again: `closed` first.
bool Channel::send_would_park() const {
  return !closed.load(std::memory_order_acquire) &&
         (capacity == 0 ? receivers.empty() : size.load(std::memory_order_acquire) == capacity);
}

// An empty channel that is not closed after that was not closed before: `closed` last.
bool Channel::recv_would_park() const {
  return (capacity == 0 ? senders.empty() : size.load(std::memory_order_acquire) == 0) &&
         !closed.load(std::memory_order_acquire);
}

bool Channel::close() {
  ChanWaiter* served = nullptr;  // linked through next
  ChanWaiter** end = &served;
  lock.lock();
  if (closed.load(std::memory_order_relaxed)) {
    lock.unlock();
    return false;
  }
  closed.store(true, std::memory_order_release);
  for (WaitQueue* queue : {&receivers, &senders}) {
    while (ChanWaiter* w = queue->pop()) {
      if (queue == &receivers) type->none(w->value);
      *end = w;
      end = &w->next;
    }
  }
  *end = nullptr;
  lock.unlock();
  while (served != nullptr) {
    ChanWaiter* next = served->next;  // the node is on the stack of the G that ready() sets free
    ready(served->g);
    served = next;
  }
  return true;
}

namespace {

bool unlock_channel(G*, void* chan) {
  static_cast<Channel*>(chan)->lock.unlock();
  return true;
}

// Under the lock, which is given up. Whether the waiter has been served.
bool wait_in(WaitQueue& queue, Channel* chan, void* value, WaitReason reason) {
  G* g = getg();
  if (g->bubble != nullptr && chan->bubble == 0) [[unlikely]]
    reason = WaitReason::kOutside;
  ChanWaiter self{.g = g, .value = value};
  queue.push(&self);
  park(unlock_channel, chan, reason);
  return self.served;
}

// Null channels.
void park_for_ever(WaitReason reason) {
  park(nullptr, nullptr, reason);
  throw_error("a goroutine that nobody can wake was woken");
}

void ready_if(G* g) {
  if (g != nullptr) ready(g);
}

}  // namespace

// The channel and its ring are one block.
void* chan_block(size_t channel_bytes, const detail::ElementType& type, size_t capacity, char** ring) {
  const size_t align = type.align > alignof(Channel) ? type.align : alignof(Channel);
  const size_t ring_at = (channel_bytes + type.align - 1) & ~(type.align - 1);
  size_t bytes;
  if (capacity > PTRDIFF_MAX || __builtin_mul_overflow(capacity, type.stride, &bytes) || bytes > PTRDIFF_MAX - ring_at)
    throw_error("makechan: size out of range");
  auto* block = static_cast<char*>(detail::heap_alloc(ring_at + bytes, align));
  *ring = block + ring_at;
  return block;
}

void free_block(Channel* c) {
  G* nobody = nullptr;
  while (c->size.load(std::memory_order_relaxed) != 0) c->try_recv(nullptr, &nobody);
  c->~Channel();
  runtime::heap_free(c);
}

}  // namespace mstart::runtime

namespace mstart::inline v0::detail {

using namespace runtime;

ChanHead* chan_make(const ElementType& type, size_t capacity) {
  if (config.deadlock_s != 0) [[unlikely]]
    return make_watched(type, capacity);
  char* ring;
  void* block = chan_block(sizeof(Channel), type, capacity, &ring);
  return new (block) Channel(type, capacity, ring);
}

void chan_free(ChanHead* head) {
  Channel* c = channel(head);
  c->check_unused();
  c->free != nullptr ? c->free(c) : free_block(c);
}

void chan_send(ChanHead* head, void* value) {
  user_g();
  point();
  if (head == nullptr) park_for_ever(WaitReason::kChanSendNil);
  Channel* c = channel(head);
  c->check_sendable();
  c->check_inside(BubbleUse::kSend);
  G* wake = nullptr;
  c->lock.lock();
  Attempt attempt = c->try_send(value, false, &wake);
  if (attempt == Attempt::kWouldPark)
    attempt = wait_in(c->senders, c, value, WaitReason::kChanSend) ? Attempt::kDone : Attempt::kClosed;
  else
    c->lock.unlock();
  check(attempt != Attempt::kClosed, "send on closed channel");
  ready_if(wake);
}

void chan_recv(ChanHead* head, void* out) {
  user_g();
  point();
  if (head == nullptr) park_for_ever(WaitReason::kChanRecvNil);
  Channel* c = channel(head);
  c->check_inside(BubbleUse::kReceive);
  G* wake = nullptr;
  c->lock.lock();
  if (c->try_recv(out, &wake) == Attempt::kWouldPark) {
    wait_in(c->receivers, c, out, WaitReason::kChanRecv);
    return;
  }
  c->lock.unlock();
  ready_if(wake);
}

bool chan_try_send(ChanHead* head, void* value, bool copy) {
  user_g();
  point();
  if (head == nullptr) return false;
  Channel* c = channel(head);
  c->check_sendable();
  c->check_inside(BubbleUse::kSend);
  if (c->send_would_park()) return false;
  G* wake = nullptr;
  c->lock.lock();
  const Attempt attempt = c->try_send(value, copy, &wake);
  c->lock.unlock();
  check(attempt != Attempt::kClosed, "send on closed channel");
  ready_if(wake);
  return attempt == Attempt::kDone;
}

bool chan_try_recv(ChanHead* head, void* out) {
  user_g();
  point();
  if (head == nullptr) return false;
  Channel* c = channel(head);
  c->check_inside(BubbleUse::kReceive);
  if (c->recv_would_park()) return false;
  G* wake = nullptr;
  c->lock.lock();
  const Attempt attempt = c->try_recv(out, &wake);
  c->lock.unlock();
  ready_if(wake);
  return attempt != Attempt::kWouldPark;
}

void chan_close(ChanHead* head) {
  user_g();
  point();
  if (head == nullptr) throw_error("close of nil channel");
  Channel* c = channel(head);
  c->check_sendable();
  c->check_inside(BubbleUse::kClose);
  check(c->close(), "close of closed channel");
}

size_t chan_size(const ChanHead* head) {
  return head != nullptr ? static_cast<const Channel*>(head)->size.load(std::memory_order_relaxed) : 0;
}
size_t chan_capacity(const ChanHead* head) { return head != nullptr ? static_cast<const Channel*>(head)->capacity : 0; }

}  // namespace mstart::inline v0::detail
