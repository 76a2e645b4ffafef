// SPDX-License-Identifier: MIT
// The buckets. A bucket may hold thousands of waiters, for one address or for as many addresses; none of them makes it longer
// to find those of another. So each address has a queue, a ring whose first waiter stands in a binary tree of the bucket's
// addresses. The tree is a trie without inner nodes: at each level one bit of the hashed address says where to go on, and any
// waiter below a place may stand in it. So it needs no balancing (Go rotates a treap): hashed bits are as good as random,
// and a place that becomes free is given to any leaf below it. One lookup is about log2(addresses) steps.
#include "runtime/sema.h"

#include <mstart/detail/point.h>

#include "runtime/sched.h"

namespace mstart::runtime {

struct alignas(64) Bucket {
  Lock lock{Rank::kBucket};
  Waiter* root = nullptr;
};

namespace {

constexpr int kBucketBits = 6;
constinit Bucket buckets[1 << kBucketBits];

// Odd, so it gives different addresses different values.
uint64_t hash(uintptr_t address) { return address * 0x9e3779b97f4a7c15U; }

// The place of the address in the tree; it holds null if nobody waits.
Waiter** find(Bucket& bucket, const void* key) {
  uint64_t path = hash(reinterpret_cast<uintptr_t>(key)) << kBucketBits;
  Waiter** at = &bucket.root;
  for (; *at != nullptr && (*at)->key != key; path <<= 1) at = &(*at)->below[path >> 63];
  return at;
}

void take_out(Waiter** at, Waiter* waiter) {
  if (waiter->next == waiter) {
    Waiter** leaf = at;
    while ((*leaf)->below[0] != nullptr || (*leaf)->below[1] != nullptr)
      leaf = &(*leaf)->below[(*leaf)->below[0] == nullptr];
    Waiter* last = *leaf;
    *leaf = nullptr;
    if (last != waiter) {
      for (const int i : {0, 1}) last->below[i] = waiter->below[i];
      *at = last;
    }
  } else {
    waiter->prev->next = waiter->next;
    waiter->next->prev = waiter->prev;
    if (*at == waiter) {
      for (const int i : {0, 1}) waiter->next->below[i] = waiter->below[i];
      *at = waiter->next;
    }
  }
  waiter->prev = nullptr;
}

// A tree of some 60 levels at most.
void for_each_in(Waiter* first, void (*fn)(Waiter*, void*), void* arg) {
  for (; first != nullptr; first = first->below[1]) {
    Waiter* waiter = first;
    do {
      fn(waiter, arg);
      waiter = waiter->next;
    } while (waiter != first);
    for_each_in(first->below[0], fn, arg);
  }
}

bool unlock_bucket(G*, void* bucket) {
  static_cast<Bucket*>(bucket)->lock.unlock();
  return true;
}

}  // namespace

Lot::Lot(const void* object)
    : bucket_(buckets[hash(reinterpret_cast<uintptr_t>(object) & ~uintptr_t{7}) >> (64 - kBucketBits)]) {
  mstart::detail::point();
  bucket_.lock.lock();
}

void Lot::unlock() { bucket_.lock.unlock(); }

Waiter* Lot::first(const void* key) const { return *find(bucket_, key); }

Waiter* Lot::take(const void* key) {
  Waiter** at = find(bucket_, key);
  Waiter* waiter = *at;
  if (waiter != nullptr) take_out(at, waiter);
  return waiter;
}

void Lot::remove(Waiter* waiter) { take_out(find(bucket_, waiter->key), waiter); }

void Lot::push(Waiter* waiter, bool to_front) {
  Waiter** at = find(bucket_, waiter->key);
  Waiter* first = *at;
  if (first == nullptr) {
    waiter->next = waiter->prev = waiter;
    for (const int i : {0, 1}) waiter->below[i] = nullptr;
    *at = waiter;
    return;
  }
  waiter->next = first;
  waiter->prev = first->prev;
  waiter->prev->next = first->prev = waiter;
  if (!to_front) return;
  for (const int i : {0, 1}) waiter->below[i] = first->below[i];
  *at = waiter;
}

void Lot::push_back(Waiter* waiter) { push(waiter, false); }
void Lot::push_front(Waiter* waiter) { push(waiter, true); }

void Lot::park(Waiter* waiter, WaitReason reason) {
  waiter->g = user_g();
  runtime::park(unlock_bucket, &bucket_, reason);
}

bool park_for_ever(Lot& lot, Waiter* waiter, WaitReason reason, int64_t) {
  lot.park(waiter, reason);
  return true;
}

void for_each_waiter(bool patient, void (*fn)(Waiter*, void*), void* arg) {
  for (Bucket& bucket : buckets) {
    if (patient)
      bucket.lock.lock();
    else if (!bucket.lock.try_lock())
      continue;
    for_each_in(bucket.root, fn, arg);
    bucket.lock.unlock();
  }
}

void Woken::ready() {
  for (Waiter* waiter = first_; waiter != nullptr;) {
    Waiter* next = waiter->next;  // the node is on the stack of the G that ready() sets free
    runtime::ready(waiter->g);
    waiter = next;
  }
}

bool lot_park(const void* key, bool (*still)(void*), void* arg, WaitReason reason) {
  Waiter self(key);
  Lot lot(key);
  if (!still(arg)) {
    lot.unlock();
    return false;
  }
  lot.push_back(&self);
  lot.park(&self, reason);
  return true;
}

void lot_wake_all(const void* key, void (*before)(void*), void* arg) {
  Woken woken;
  Lot lot(key);
  while (Waiter* waiter = lot.take(key)) woken.add(waiter);
  if (before != nullptr) before(arg);
  lot.unlock();
  woken.ready();
}

}  // namespace mstart::runtime
