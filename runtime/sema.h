// SPDX-License-Identifier: MIT
// The parking lot: Gs wait for an address. Whatever has a word (Mutex, WaitGroup, Task, a static's guard) needs no list of its
// own: waiters are nodes on their own stacks, in a table of buckets by address. Not a semaphore: no count is kept here, the
// word is the caller's (Go's sema.go keeps both).
//
// No wake-up is lost: who wants to wait looks at its word under the bucket's lock, and marks in it that somebody waits; the
// bucket is unlocked only after the G has left its stack. The waker changes the word first and then takes the same lock, or
// changes it under the lock. So either the one sees the change, or the other finds the G in the bucket.
//
// The waker does not touch the object after the change that lets somebody else go on: an object may be gone by the time the G
// that waited for it has returned. The address is only a key then. A waker that comes late finds nobody under it, or who
// waits for another object that is there by now: so it does not touch the object before it has found a waiter, and a waiter
// that might be meant by mistake looks at its word again.
#pragma once

#include "runtime/deadlock.h"
#include "runtime/g.h"

namespace mstart::runtime {

// One that waits, on its own stack. All but `key` is under the lock of its bucket.
struct Waiter {
  explicit Waiter(const void* address) : key(address) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  bool is_queued() const { return prev != nullptr; }

  const void* key;
  G* g = nullptr;     // null: in the queue, and has not left its stack yet
  bool told = false;  // by the waker; what it means is between the two
  Stuck stuck = Stuck::kNew;
  uint32_t index = 0;  // of whoever looks for deadlocks
  Waiter* next = nullptr;
  Waiter* prev = nullptr;  // null: in no queue
  Waiter* below[2] = {};   // of the first of a queue: the tree of the bucket's keys
};

// Waiters that have been taken out and are to be readied, first come first, when the bucket is unlocked.
class Woken {
 public:
  // One that has not left its stack is left alone: it looks whether it is still queued before it does.
  void add(Waiter* waiter) {
    if (waiter->g == nullptr) return;
    *end_ = waiter;
    end_ = &waiter->next;
    waiter->next = nullptr;
  }
  void ready();

 private:
  Waiter* first_ = nullptr;
  Waiter** end_ = &first_;
};

// Shows fn all that wait, one bucket after the other, each under its lock. Not `patient`: without those whose lock is not to
// be had at once.
void for_each_waiter(bool patient, void (*fn)(Waiter* waiter, void* arg), void* arg);

struct Bucket;

// A bucket, locked. An object's keys are its own address and the seven behind it: they share a bucket, so that one lock covers
// all who wait for the object. No destructor: each way out of the lock is written down.
class Lot {
 public:
  explicit Lot(const void* object);
  void unlock();

  Waiter* first(const void* key) const;
  Waiter* take(const void* key);  // the first, out of the queue; null: none
  void push_back(Waiter* waiter);
  void push_front(Waiter* waiter);
  void remove(Waiter* waiter);  // which is queued
  // Parks the current G, whose waiter is queued; unlocks when it has left its stack.
  void park(Waiter* waiter, WaitReason reason);

 private:
  void push(Waiter* waiter, bool to_front);
  Bucket& bucket_;
};

// How long to wait: the way a waiter is parked. Functions, so that only programs with timed waits carry timers.
struct Patience {
  bool (*park)(Lot& lot, Waiter* waiter, WaitReason reason, int64_t deadline);  // false: timed out, not queued any more
  int64_t deadline = INT64_MAX;                                                 // os::nanotime()
};
bool park_for_ever(Lot& lot, Waiter* waiter, WaitReason reason, int64_t);
inline constexpr Patience kForEver{park_for_ever};

// Parks the current G under `key` if still(arg), which runs under the bucket's lock. Returns whether it has parked (and has
// been woken).
bool lot_park(const void* key, bool (*still)(void* arg), void* arg, WaitReason reason);

// Readies all Gs under `key`, first come first. `before` (may be null) runs under the bucket's lock, before any of them can
// run: the last moment to touch the object.
void lot_wake_all(const void* key, void (*before)(void* arg) = nullptr, void* arg = nullptr);

}  // namespace mstart::runtime
