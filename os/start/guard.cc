// SPDX-License-Identifier: MIT
// Function-local statics that many Gs may enter: one initialises, the others park until it has. Itanium C++ ABI, 3.3.3.
//
// The guard is 8 bytes, of which the ABI gives meaning to the first: not 0 when the object is there. Compiled code looks at
// that byte with acquire and comes here only while it is 0. The rest is ours:
//
//   bit       0  done          set for good by release; the whole word is then 1
//   bit       8  busy          somebody initialises
//   bit       9  waiters       somebody parks under the guard's address; set under the parking lot's lock (sema.h)
//   bits 16..63  owner         the id of the G that initialises; 0: a program without the scheduler
//
// No wake-up is lost: a waiter sets `waiters` by a CAS from `busy` while it holds the lock of the lot's bucket, and parks
// before that lock is free. The one that ends the initialisation takes the word by an exchange [static:A]: either the CAS
// came first, and it sees the bit and wakes, or the CAS fails and the waiter finds the object done [static:B].
#include <atomic>
#include <cstdint>

#include "runtime/check.h"
#include "runtime/sema.h"

namespace mstart::runtime {
namespace {

constexpr uint64_t kDone = 1, kBusy = 1 << 8, kWaiters = 1 << 9;
constexpr int kOwnerShift = 16;

using Guard = std::atomic_ref<uint64_t>;

uint64_t owner_bits() {
  const G* g = getg();
  return g == nullptr ? 0 : g->id << kOwnerShift;
}

// Under the lot's lock: still being initialised? Then the one that does it must know that somebody waits.
bool still_busy(void* arg) {
  const Guard guard(*static_cast<uint64_t*>(arg));
  uint64_t w = guard.load(std::memory_order_relaxed);
  while ((w & kBusy) != 0) {
    if ((w & kWaiters) != 0 || guard.compare_exchange_weak(w, w | kWaiters, std::memory_order_relaxed))  // [static:B]
      return true;
  }
  return false;
}

// release: what the initialiser wrote is what everybody sees who finds it done.
void leave(uint64_t* word, uint64_t state) {
  const uint64_t before = Guard(*word).exchange(state, std::memory_order_acq_rel);  // [static:A]
  check((before & kBusy) != 0, "static initialisation ended twice");
  if ((before & kWaiters) != 0) lot_wake_all(word);
}

}  // namespace
}  // namespace mstart::runtime

extern "C" {

// 1: the caller is to initialise, and to call release or abort then. 0: the object is there.
int __cxa_guard_acquire(uint64_t* word) {
  using namespace mstart::runtime;
  const Guard guard(*word);
  const uint64_t self = owner_bits() | kBusy;
  for (;;) {
    uint64_t w = guard.load(std::memory_order_acquire);
    if (w == kDone) return 0;
    if (w == 0) {
      if (guard.compare_exchange_strong(w, self, std::memory_order_acquire)) return 1;
      continue;
    }
    check((w & ~kWaiters) != self, "recursive initialisation of a function-local static");
    lot_park(word, still_busy, word, WaitReason::kStaticInit);
  }
}

void __cxa_guard_release(uint64_t* word) { mstart::runtime::leave(word, mstart::runtime::kDone); }
void __cxa_guard_abort(uint64_t* word) { mstart::runtime::leave(word, 0); }
}
