// SPDX-License-Identifier: MIT
// What a lock asks of the scheduler.
#pragma once

namespace mstart::runtime {

// Whether a G that finds a lock held should try again at once, before it parks: a few times, only if the holder may be
// running on another P, and if this P has nothing better to do. Go's sync_runtime_canSpin.
bool worth_spinning(int spins);
void spin();  // about a microsecond

// The G that was readied last runs now, in this slice, and this one later. Not in a NoPreempt scope.
void give_way();

}  // namespace mstart::runtime
