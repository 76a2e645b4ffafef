// SPDX-License-Identifier: MIT
// A P's queue of runnable Gs: a ring of 256 and, before it, runnext, the G that this P readied last and runs next, in what
// is left of the same time slice (Go's runqput, runqget, runqgrab).
//
// One producer, the owner of the P; many consumers: the owner and thieves. tail_ is written by the owner only; head_ moves
// by CAS. A slot is read between a load of head_ and the CAS that moves it: if the CAS succeeds, head_ had not moved, so
// the owner, which never lets tail_ - head_ exceed the size, cannot have overwritten the slot in between.
//   [runq:A] tail_ release store: the slot's contents, and the G's, are there before the G can be seen
//   [runq:B] tail_ acquire load by a thief, pairs with A
//   [runq:C] head_ CAS release: the slot has been read before the owner may reuse it
//   [runq:D] head_ acquire load by the owner, pairs with C
// Wake-ups (head of sched.cc): a submission is a seq_cst write of runnext_ or tail_ [wake:A], which the seq_cst loads of
// empty() pair with [wake:D]. put_tail() alone is no submission.
//
// No thief ever sees the queue empty while the owner moves a G from runnext to the ring, or from the head to the tail:
// the owner puts before it takes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "runtime/check.h"

namespace mstart::runtime {

template <class T, uint32_t kSize = 256>
class RunQueue {
  static_assert((kSize & (kSize - 1)) == 0);

 public:
  static constexpr uint32_t kHalf = kSize / 2;
  struct Batch {
    T* items[kHalf + 1];
    uint32_t size = 0;
  };

  // Owner. Makes `t` the next; what was next before, if anything, goes to the tail. Returns that one if the ring is full:
  // the caller moves half of the ring away then. A submission.
  [[nodiscard]] T* put_next(T* t) {
    T* kicked = runnext_.exchange(t, std::memory_order_seq_cst);  // [wake:A]
    if (kicked == nullptr) return nullptr;
    return put<std::memory_order_seq_cst>(kicked) ? nullptr : kicked;  // [wake:A]
  }

  // Owner. To the tail; false if the ring is full. A submission.
  [[nodiscard]] bool submit_tail(T* t) { return put<std::memory_order_seq_cst>(t); }  // [wake:A]

  // Owner. To the tail; false if the ring is full. For a G that takes the place of one the owner runs at once.
  [[nodiscard]] bool put_tail(T* t) { return put<std::memory_order_release>(t); }

  // Owner. The next G: *inherits says that it came from runnext and runs in the current slice.
  T* get(bool* inherits) {
    T* next = runnext_.load(std::memory_order_relaxed);
    // A thief may take it first; then the ring is the place to look.
    if (next != nullptr &&
        runnext_.compare_exchange_strong(next, nullptr, std::memory_order_acq_rel, std::memory_order_relaxed)) {
      // release: a thief that sees runnext gone sees what yield() put to the tail before.
      *inherits = true;
      return next;
    }
    *inherits = false;
    return get_head();
  }

  // Owner. From the ring's head.
  T* get_head() {
    for (;;) {
      uint32_t h = head_.load(std::memory_order_acquire);  // [runq:D]
      const uint32_t t = tail_.load(std::memory_order_relaxed);
      if (t == h) return nullptr;
      T* item = slots_[h % kSize].load(std::memory_order_relaxed);
      if (head_.compare_exchange_weak(h, h + 1, std::memory_order_release, std::memory_order_relaxed))  // [runq:C]
        return item;
    }
  }

  // Owner, when put said that the ring is full: takes half of it, and adds `extra`, for the global queue. False: thieves
  // have made room meanwhile; put again.
  bool take_half(T* extra, Batch* batch) {
    uint32_t h = head_.load(std::memory_order_acquire);  // [runq:D]
    const uint32_t t = tail_.load(std::memory_order_relaxed);
    if (t - h < kSize) return false;
    for (uint32_t i = 0; i < kHalf; ++i) batch->items[i] = slots_[(h + i) % kSize].load(std::memory_order_relaxed);
    if (!head_.compare_exchange_strong(h, h + kHalf, std::memory_order_release, std::memory_order_relaxed))  // [runq:C]
      return false;
    batch->items[kHalf] = extra;
    batch->size = kHalf + 1;
    return true;
  }

  // Thief, owner of *this, whose ring is empty. Takes half of the victim's ring, rounded up, or with `take_next` also a
  // runnext that is alone there. Returns one to run; the others are in this ring. Null: nothing there.
  T* steal_from(RunQueue& victim, bool take_next) {
    const uint32_t t = tail_.load(std::memory_order_relaxed);
    uint32_t n = victim.grab(*this, t, take_next);
    if (n == 0) return nullptr;
    --n;
    T* item = slots_[(t + n) % kSize].load(std::memory_order_relaxed);
    check(t - head_.load(std::memory_order_relaxed) + n < kSize, "runqsteal: runq overflow");
    // This thief still counts as spinning, so whoever goes idle now is covered by it: release is enough.
    if (n != 0) tail_.store(t + n, std::memory_order_release);  // [runq:A]
    return item;
  }

  // Anybody. Never says empty because a G is on its way from runnext to the ring: both are read between two equal reads
  // of tail_.
  [[gnu::noinline]] bool empty() const {
    for (;;) {
      const uint32_t h = head_.load(std::memory_order_seq_cst);
      const uint32_t t = tail_.load(std::memory_order_seq_cst);  // [wake:D]
      const T* next = runnext_.load(std::memory_order_seq_cst);  // [wake:D]
      if (t == tail_.load(std::memory_order_seq_cst)) return h == t && next == nullptr;
    }
  }

  // Owner.
  bool empty_for_owner() const {
    return runnext_.load(std::memory_order_relaxed) == nullptr &&
           head_.load(std::memory_order_relaxed) == tail_.load(std::memory_order_relaxed);
  }

  // Anybody; a moment's truth, for statistics and dumps.
  uint32_t size() const {
    const uint32_t h = head_.load(std::memory_order_relaxed);
    const uint32_t t = tail_.load(std::memory_order_relaxed);
    return t - h + (runnext_.load(std::memory_order_relaxed) != nullptr ? 1 : 0);
  }
  bool has_next() const { return runnext_.load(std::memory_order_relaxed) != nullptr; }

 private:
  template <std::memory_order kOrder>
  bool put(T* t) {
    const uint32_t h = head_.load(std::memory_order_acquire);  // [runq:D]
    const uint32_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - h >= kSize) return false;
    slots_[tail % kSize].store(t, std::memory_order_relaxed);
    tail_.store(tail + 1, kOrder);  // [runq:A]
    return true;
  }

  // Copies what a thief may take into `into`'s ring from position `at`; returns how many.
  uint32_t grab(RunQueue& into, uint32_t at, bool take_next) {
    for (;;) {
      uint32_t h = head_.load(std::memory_order_acquire);
      const uint32_t t = tail_.load(std::memory_order_acquire);  // [runq:B]
      uint32_t n = t - h;
      n -= n / 2;
      if (n == 0) {
        T* next = take_next ? runnext_.load(std::memory_order_acquire) : nullptr;
        if (next == nullptr) {
          if (tail_.load(std::memory_order_relaxed) == t) return 0;
          continue;  // what was runnext is in the ring by now
        }
        if (!runnext_.compare_exchange_strong(next, nullptr, std::memory_order_acquire, std::memory_order_relaxed))
          continue;
        into.slots_[at % kSize].store(next, std::memory_order_relaxed);
        return 1;
      }
      if (n > kHalf) continue;  // h and t are not of one moment
      for (uint32_t i = 0; i < n; ++i) {
        T* item = slots_[(h + i) % kSize].load(std::memory_order_relaxed);
        into.slots_[(at + i) % kSize].store(item, std::memory_order_relaxed);
      }
      if (head_.compare_exchange_weak(h, h + n, std::memory_order_release, std::memory_order_relaxed))  // [runq:C]
        return n;
    }
  }

  alignas(64) std::atomic<uint32_t> head_{0};
  std::atomic<uint32_t> tail_{0};
  std::atomic<T*> runnext_{nullptr};
  std::atomic<T*> slots_[kSize]{};
};

}  // namespace mstart::runtime
