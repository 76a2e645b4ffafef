// SPDX-License-Identifier: MIT
// The waiting halves of <mstart/sync.h>'s classes, with a patience (sema.h): mutex.cc, condvar.cc and semaphore.cc have them,
// and the forms that wait for ever; sync_until.cc those that end at a time. False: timed out.
#pragma once

#include <mstart/sync.h>

#include "runtime/sema.h"

namespace mstart::runtime {

bool lock_slow(detail::LockWord& word, const Patience& patience, WaitReason reason);
bool exclusive_lock(detail::LockWord& word, const Patience& patience);
bool shared_lock(detail::LockWord& word, const Patience& patience);
bool cond_wait(std::atomic<uint32_t>& waiting, void* lock, void (*unlock)(void*), const Patience& patience);
bool semaphore_acquire(std::atomic<int64_t>& state, const Patience& patience);

}  // namespace mstart::runtime
