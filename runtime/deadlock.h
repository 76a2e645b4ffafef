// SPDX-License-Identifier: MIT
// Deadlocks of some Gs while others run (that of all is checkdead's): circles of Gs that wait for each other's locks
// (lock_cycles.cc), and Gs that wait in channels which nobody else can use (chan_watch.cc). dump() shows those that there are;
// MSTART_DEBUG=deadlock=SECONDS has a thread look again and again (deadlock.cc).
//
// A look is in two passes over all that wait, each of which takes one lock after the other, so neither sees one moment. What
// the first finds is a deadlock if the second finds the same waits, not only the same Gs: then there was a moment between the
// two when all of them waited. A wait is known again by its Stuck, which begins anew whenever a G parks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mstart::runtime {

// What looks have found of a wait, kept beside it. A watch tells of what it finds twice in a row, once.
enum class Stuck : uint8_t { kNew, kSeen, kOnce, kTold };
inline Stuck next(Stuck s) { return s == Stuck::kTold ? s : static_cast<Stuck>(static_cast<uint8_t>(s) + 1); }

enum class Look : uint8_t { kDump, kWatch };

// Write what they find to fd.
void report_lock_cycles(int fd, Look look);
void report_stuck_in_channels(int fd, Look look);
// Both, as far as the program has them; nothing if somebody else is looking. dump.cc refers to it weakly.
void report_deadlocks(int fd, Look look);

// Memory for a part of the look that is going on, all zero; not ok: there was none, or none was asked for. It is kept for the
// next one: what unmaps memory would have to order that with whoever is given the same addresses.
class Scratch {
 public:
  explicit Scratch(size_t bytes);
  bool ok() const { return free_ != nullptr; }
  template <class T>
  T* take(size_t count) {
    char* at = free_;
    free_ += count * sizeof(T);
    return reinterpret_cast<T*>(at);
  }

 private:
  char* free_ = nullptr;
};

// Sees to it that the watch runs, if it is wanted. On a G, without a lock.
void watch_deadlocks();
void watch_locks();  // the same, for programs with Mutexes: they carry lock_cycles.cc

}  // namespace mstart::runtime
