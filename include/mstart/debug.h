// SPDX-License-Identifier: MIT
// What the runtime is doing.
#pragma once

#include <cstdint>

namespace mstart::inline v0 {

// Writes every G, M and P to fd: state, wait reason, since when (with MSTART_DEBUG=deadlock=SECONDS), where (return addresses,
// for addr2line); then Gs that wait for each other's locks, if there are any.
// [any] Takes nothing from the heap, waits for no lock and stops nobody, so what runs meanwhile may be seen in two states.
void dump(int fd);

// Counts since the start. A moment's truth: the counters are read one after the other.
struct Stats {
  uint64_t gs_created, gs_ended;  // main is one of them
  uint64_t ms_created, ms_ended;  // threads, with the first
  uint64_t births_refused;        // threads that the kernel, or set_max_threads, did not grant
  uint64_t steals;                // times an M found work in another P's queue
  uint64_t wakes;                 // Ms started or woken for new work
  uint64_t parks;                 // times a G gave up its P to wait
  uint64_t retakes;               // Ps taken from blocked or overlong Gs
};
Stats stats();  // [any]

}  // namespace mstart::inline v0
