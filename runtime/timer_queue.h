// SPDX-License-Identifier: MIT
// The timers of a P, or of a bubble, under a lock. timer.cc has the protocol.
#pragma once

#include "os/mem.h"
#include "runtime/check.h"
#include "runtime/spinlock.h"
#include "runtime/timer.h"
#include "runtime/timer_heap.h"

namespace mstart::runtime {

// A timer whose function is being called.
struct RunningTimer {
  const Timer* timer;
  RunningTimer* next;
};

struct TimerQueue {
  using Heap = TimerHeap<Timer>;

  explicit TimerQueue(std::atomic<int64_t>* first) : next_due(first) { heap.move_to(first_room, kFirstRoom); }

  // The queue that answers for t, locked; null: it has never been started.
  static TimerQueue* lock_home(const Timer* t) {
    for (;;) {
      TimerQueue* q = t->home_.load(std::memory_order_acquire);  // the queue is there
      if (q == nullptr) return nullptr;
      q->lock.lock();
      // It may have left and come back after the first look, by two other queues' locks, not by this one.
      if (t->home_.load(std::memory_order_acquire) == q) return q;  // [timer:F]
      q->lock.unlock();
    }
  }
  // The same, `mine` if t need not stay where it is.
  static TimerQueue* lock_for_start(Timer* t, TimerQueue* mine) {
    TimerQueue* none = nullptr;
    if (t->home_.load(std::memory_order_relaxed) == nullptr)
      t->home_.compare_exchange_strong(none, mine, std::memory_order_release, std::memory_order_relaxed);
    TimerQueue* q = lock_home(t);
    if (q == mine || t->place != 0 || q->runs(t)) return q;
    t->home_.store(mine, std::memory_order_release);  // [timer:E]
    q->lock.unlock();
    return lock_home(t);  // somebody else may have started it meanwhile, elsewhere
  }

  // All below under the lock.
  bool insert(Timer* t, int64_t when) {
    t->when = when;
    const bool pending = t->place != 0;
    if (pending) {
      heap.moved(t);
    } else {
      if (heap.full()) grow();
      heap.push(t);
    }
    return pending;
  }
  bool remove(Timer* t) {
    if (t->place == 0) return false;
    heap.remove(t);
    publish();
    return true;
  }
  bool runs(const Timer* t) const {
    const RunningTimer* r = running;
    while (r != nullptr && r->timer != t) r = r->next;
    return r != nullptr;
  }
  // Says when the first is due; true if that is earlier than it was.
  bool publish() {
    const int64_t first = heap.empty() ? 0 : heap.first_key();
    const int64_t said = next_due->load(std::memory_order_relaxed);
    if (first != 0 && (first < said || said == 0)) {
      next_due->store(first, std::memory_order_seq_cst);  // [timer:A]
      return true;
    }
    // Later: to be seen in time it need not be seen at once. release: as every word that says what is in a queue.
    if (first != said) next_due->store(first, std::memory_order_release);
    return false;
  }
  // Runs what is due: what pop() takes out. Gives up the lock around each call.
  template <class Pop>
  void run(int64_t now, Pop&& pop) {
    while (Timer* t = pop()) {
      RunningTimer self{t, running};
      running = &self;
      publish();
      lock.unlock();
      t->function_(t, now);  // t may be gone after it
      lock.lock();
      RunningTimer** at = &running;
      while (*at != &self) at = &(*at)->next;
      *at = self.next;
    }
    publish();
  }
  void grow() {
    const size_t bytes = room_bytes != 0 ? 2 * room_bytes : size_t{16} * 1024;
    const Result<char*> room = os::map_pages(bytes);
    check(room.ok(), "timer: out of memory");
    Heap::Entry* old =
        heap.move_to(reinterpret_cast<Heap::Entry*>(*room), static_cast<uint32_t>(bytes / sizeof(Heap::Entry)));
    if (old != first_room) (void)os::munmap(old, room_bytes);
    room_bytes = bytes;
  }

  SpinLock lock;
  Heap heap;
  RunningTimer* running = nullptr;
  std::atomic<int64_t>* const next_due;  // when the first is due, or earlier; 0: none is there
  size_t room_bytes = 0;                 // of the heap's mapping; 0: it is in the first room
  static constexpr uint32_t kFirstRoom = 250;
  alignas(64) Heap::Entry first_room[kFirstRoom];
};

}  // namespace mstart::runtime
