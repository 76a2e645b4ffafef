// SPDX-License-Identifier: MIT
// Mutex and SharedMutex: one word, and the parking lot (sema.h). A Mutex is a SharedMutex that nobody reads.
//
//   bit  0  locked          by a writer; readers that come then wait, even if it waits for others to leave itself
//   bit  1  parked          somebody may wait to lock (key: the word's address)
//   bit  2  woken           one of those is on its way, or a G spins: unlock() need wake nobody
//   bit  3  starving        somebody has waited for longer than a millisecond: unlock() hands over, and nobody spins
//   bit  4  draining        the writer waits for the readers to leave (key: the address + 2)
//   bit  5  readers parked  somebody may wait to lock shared (key: the address + 1)
//   bits 6..  readers       that hold it; or that have just counted themselves, find it locked, and take that back
// Bits 1, 4 and 5 are set, and all that unlock() does for waiters is done, under the bucket's lock. A bit 1, 4 or 5 that is
// set for nobody (who waited has timed out) costs the next unlock a look.
//
// Two modes, as in Go. Normal: unlock() wakes the longest waiting, who then has to win against those that are running and may
// lock again and again without a switch; if it loses, it is first in the queue again. Starving: it gets the lock from
// unlock(), which yields to it. It ends this mode if it is the last, or if it has waited for less than a millisecond.
//
// Readers. All that wait when a writer unlocks are let in by that unlock, before another writer: it counts them in the word
// itself, so they cannot be overtaken. The writer that comes next waits for them to leave.
//
// Who may touch the word? unlock() holds the lock until its last access: a CAS that opens or hands over, in which it already
// says who will be woken. After that it knows the waiters, which are on their stacks and wait for it. A reader that leaves
// has let go by its one RMW; only if it finds a writer parked there, and under the bucket's lock, which keeps the writer
// there, does it look again.
//
// Not in the word: the holder. It is noted beside it by the lock() and unlock() of the classes (LockState), as a place on the
// G's stack: a G's name would take a thread-local that no compiler may cache (I6), on a way of one instruction.
#include "os/clock.h"
#include "runtime/check.h"
#include "runtime/deadlock.h"
#include "runtime/spin.h"
#include "runtime/sync.h"

namespace mstart::runtime {
namespace {

using detail::kDraining;
using detail::kLocked;
using detail::kReader;
using detail::LockWord;
constexpr uint64_t kParked = 2, kWoken = 4, kStarving = 8, kReadersParked = 32;
constexpr int64_t kStarvingNs = 1'000'000;

const void* readers_key(const LockWord& word) { return reinterpret_cast<const char*>(&word) + 1; }
const void* writer_key(const LockWord& word) { return reinterpret_cast<const char*>(&word) + 2; }

// Under the bucket's lock, before parking: is it still locked? Then the holder must know that somebody waits. *awake: kWoken
// is this G's, and is taken back.
bool still_locked(LockWord& word, bool* awake, bool starving) {
  uint64_t w = word.load(std::memory_order_relaxed);
  while ((w & kLocked) != 0) {
    const uint64_t marked = ((*awake ? w & ~kWoken : w) | kParked) | (starving ? kStarving : 0);
    if (word.compare_exchange_weak(w, marked, std::memory_order_relaxed)) {
      *awake = false;
      return true;
    }
  }
  return false;
}

// The lock was handed over. The mode ends with the last one that starves: not if another one parks just now.
void end_starving(LockWord& word, int64_t since) {
  const bool soon = os::nanotime() - since <= kStarvingNs;
  uint64_t w = word.load(std::memory_order_relaxed);
  while ((soon || (w & kParked) == 0) && !word.compare_exchange_weak(w, w & ~kStarving, std::memory_order_relaxed)) {
  }
}

}  // namespace

bool lock_slow(LockWord& word, const Patience& patience, WaitReason reason) {
  Waiter self(&word);
  int64_t since = 0;
  bool starving = false, awake = false;
  int spins = 0;
  for (uint64_t w = word.load(std::memory_order_relaxed);;) {
    if ((w & kLocked) == 0) {
      // acquire: pairs with the release in unlock.
      const uint64_t mine = (awake ? w & ~kWoken : w) | kLocked;
      if (word.compare_exchange_weak(w, mine, std::memory_order_acquire, std::memory_order_relaxed)) return true;
      continue;
    }
    if ((w & kStarving) == 0 && worth_spinning(spins)) {
      if (!awake && (w & (kParked | kWoken)) == kParked)
        awake = word.compare_exchange_weak(w, w | kWoken, std::memory_order_relaxed);
      spin();
      ++spins;
      w = word.load(std::memory_order_relaxed);
      continue;
    }
    const bool again = since != 0;
    if (!again) {
      since = os::nanotime();
      watch_locks();
    }
    Lot lot(&word);
    if (!still_locked(word, &awake, starving)) {
      lot.unlock();
      w = word.load(std::memory_order_relaxed);
      continue;
    }
    again ? lot.push_front(&self) : lot.push_back(&self);
    if (!patience.park(lot, &self, reason, patience.deadline)) return false;
    if (self.told) {
      end_starving(word, since);
      return true;
    }
    awake = true;
    starving = starving || os::nanotime() - since > kStarvingNs;
    spins = 0;
    w = word.load(std::memory_order_relaxed);
  }
}

namespace {

// Opens the lock, or hands it over, under the bucket's lock. True: handed over, to the last of `woken`.
bool release(Lot& lot, LockWord& word, Woken* woken) {
  uint64_t readers = 0;
  for (; Waiter* reader = lot.take(readers_key(word)); ++readers) woken->add(reader);
  uint64_t w = word.load(std::memory_order_relaxed);
  const bool starving =
      (w & kStarving) != 0;  // it is set under the bucket's lock, and taken back by the holder: this G
  Waiter* heir = starving || (w & kWoken) == 0 ? lot.take(&word) : nullptr;
  const bool handed_over = starving && heir != nullptr;
  if (heir != nullptr) heir->told = handed_over, woken->add(heir);
  uint64_t bits = lot.first(&word) != nullptr ? kParked : 0;
  if (handed_over) bits |= kLocked;
  if (heir != nullptr && !handed_over) bits |= kWoken;
  uint64_t next;
  do {
    next = ((w & ~(kLocked | kParked | kDraining | kReadersParked)) | bits) + readers * kReader;
    if (!handed_over) next &= ~kStarving;
  } while (!word.compare_exchange_weak(w, next, std::memory_order_release, std::memory_order_relaxed));
  return handed_over;
}

void unlock_slow(LockWord& word, const char* misuse) {
  uint64_t w = word.load(std::memory_order_relaxed);
  for (;;) {
    check((w & kLocked) != 0, misuse);
    const bool wake = (w & kParked) != 0 && (w & (kStarving | kWoken)) != kWoken;
    if (wake || (w & kReadersParked) != 0) break;
    if (word.compare_exchange_weak(w, w & ~(kLocked | kDraining), std::memory_order_release, std::memory_order_relaxed))
      return;
  }
  Woken woken;
  Lot lot(&word);
  const bool handed_over = release(lot, word, &woken);
  lot.unlock();
  woken.ready();
  if (handed_over) give_way();
}

// The last reader has left: the writer that waits for that, under the bucket's lock. Null: none, or there is a reader again,
// who will find it locked and come here.
Waiter* take_drained(Lot& lot, LockWord& word) {
  if (lot.first(writer_key(word)) == nullptr) return nullptr;
  // acquire: what all readers did before they left.
  uint64_t w = word.load(std::memory_order_acquire);
  do {
    if (w >= kReader) return nullptr;
  } while (!word.compare_exchange_weak(w, w & ~kDraining, std::memory_order_acquire));
  return lot.take(writer_key(word));
}

// Locked: waits until the readers have left. False: timed out, still locked.
bool drain(LockWord& word, const Patience& patience) {
  Waiter self(writer_key(word));
  Lot lot(&word);
  uint64_t w = word.load(std::memory_order_acquire);
  do {
    if (w < kReader) {
      lot.unlock();
      return true;
    }
  } while (!word.compare_exchange_weak(w, w | kDraining, std::memory_order_acquire));
  lot.push_back(&self);
  return patience.park(lot, &self, WaitReason::kSharedMutex, patience.deadline);
}

}  // namespace

bool exclusive_lock(LockWord& word, const Patience& patience) {
  if (!lock_slow(word, patience, WaitReason::kSharedMutex)) return false;
  if (word.load(std::memory_order_acquire) < kReader || drain(word, patience)) return true;
  unlock_slow(word, nullptr);
  return false;
}

// Not counted among the readers yet.
bool shared_lock(LockWord& word, const Patience& patience) {
  watch_locks();
  Waiter self(readers_key(word));
  Lot lot(&word);
  uint64_t w = word.load(std::memory_order_relaxed), next;
  do {
    next = (w & kLocked) == 0 ? w + kReader : w | kReadersParked;
  } while (!word.compare_exchange_weak(w, next, std::memory_order_acquire, std::memory_order_relaxed));
  if ((w & kLocked) == 0) {
    lot.unlock();
    return true;
  }
  lot.push_back(&self);
  return patience.park(lot, &self, WaitReason::kSharedMutexShared, patience.deadline);
}

}  // namespace mstart::runtime

namespace mstart::inline v0::detail {

using runtime::kForEver;

void mutex_lock(LockWord& word) { runtime::lock_slow(word, kForEver, runtime::WaitReason::kMutex); }
void mutex_unlock(LockWord& word) { runtime::unlock_slow(word, "sync: unlock of unlocked mutex"); }

void exclusive_lock(LockWord& word) { runtime::exclusive_lock(word, kForEver); }
void exclusive_unlock(LockWord& word) { runtime::unlock_slow(word, "sync: Unlock of unlocked RWMutex"); }

// It has counted itself, and takes that back as a reader that leaves.
void shared_lock(LockWord& word) {
  const uint64_t before = word.fetch_sub(kReader, std::memory_order_release);
  if (is_last_reader(before)) shared_unlock(word, before);
  runtime::shared_lock(word, kForEver);
}

void shared_unlock(LockWord& word, uint64_t before) {
  runtime::check(before >= kReader, "sync: RUnlock of unlocked RWMutex");
  runtime::Woken woken;
  runtime::Lot lot(&word);
  if (runtime::Waiter* writer = runtime::take_drained(lot, word)) woken.add(writer);
  lot.unlock();
  woken.ready();
}

}  // namespace mstart::inline v0::detail
