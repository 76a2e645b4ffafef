// SPDX-License-Identifier: MIT
// The buckets, and the lists of waiters in them.
#include "runtime/sema.h"

#include "runtime/sched.h"

namespace mstart::runtime {
namespace {

struct Waiter {
  G* g;
  const void* key;
  Waiter* next;
};

struct alignas(64) Bucket {
  Lock lock{Rank::kBucket};
  Waiter* first = nullptr;
  Waiter* last = nullptr;
};
constexpr size_t kBuckets = 64;
constinit Bucket buckets[kBuckets];

Bucket& bucket_of(const void* key) {
  const auto hash = (reinterpret_cast<uintptr_t>(key) >> 3) * 0x9e3779b97f4a7c15U;
  return buckets[hash >> 58];
}
static_assert(kBuckets == 64);

bool unlock_bucket(G*, void* bucket) {
  static_cast<Bucket*>(bucket)->lock.unlock();
  return true;
}

// Takes all waiters for `key` out, in their order.
Waiter* take_all(Bucket& bucket, const void* key) {
  Waiter* taken = nullptr;
  Waiter** end = &taken;
  Waiter* kept_last = nullptr;
  for (Waiter** at = &bucket.first; *at != nullptr;) {
    Waiter* waiter = *at;
    if (waiter->key != key) {
      kept_last = waiter;
      at = &waiter->next;
      continue;
    }
    *at = waiter->next;
    *end = waiter;
    end = &waiter->next;
  }
  *end = nullptr;
  bucket.last = kept_last;
  return taken;
}

}  // namespace

bool lot_park(const void* key, bool (*still)(void*), void* arg, WaitReason reason) {
  Waiter waiter{user_g(), key, nullptr};
  Bucket& bucket = bucket_of(key);
  bucket.lock.lock();
  if (!still(arg)) {
    bucket.lock.unlock();
    return false;
  }
  (bucket.first == nullptr ? bucket.first : bucket.last->next) = &waiter;
  bucket.last = &waiter;
  park(unlock_bucket, &bucket, reason);
  return true;
}

void lot_wake_all(const void* key, void (*before)(void*), void* arg) {
  Bucket& bucket = bucket_of(key);
  bucket.lock.lock();
  Waiter* waiter = take_all(bucket, key);
  if (before != nullptr) before(arg);
  bucket.lock.unlock();
  while (waiter != nullptr) {
    Waiter* next = waiter->next;  // the node is on the stack of the G that ready() sets free
    ready(waiter->g);
    waiter = next;
  }
}

}  // namespace mstart::runtime
