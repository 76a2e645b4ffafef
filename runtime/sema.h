// SPDX-License-Identifier: MIT
// The parking lot: Gs wait for an address. Whatever has a word (WaitGroup, Task, a static's guard) needs no list of its
// own: waiters are nodes on their own stacks, in a table of buckets by address. Not a semaphore: no count is kept here, the
// word is the caller's (Go's sema.go keeps both).
//
// No wake-up is lost: `still` runs under the bucket's lock and looks at the word, or marks it "somebody waits"; the bucket is
// unlocked only after the G has left its stack. The waker changes the word first, then takes the same lock. So either
// `still` sees the change, or the G is in the bucket when the waker comes.
//
// The waker does not touch the object after it has changed the word: the address is only a key, so the object may be gone
// by the time the waiter, woken, has returned.
#pragma once

#include "runtime/g.h"

namespace mstart::runtime {

// Parks the current G under `key` if still(arg). Returns whether it has parked (and has been woken).
bool lot_park(const void* key, bool (*still)(void* arg), void* arg, WaitReason reason);

// Readies all Gs under `key`, first come first. `before` (may be null) runs under the bucket's lock, before any of them can
// run: the last moment to touch the object.
void lot_wake_all(const void* key, void (*before)(void* arg) = nullptr, void* arg = nullptr);

}  // namespace mstart::runtime
