// SPDX-License-Identifier: MIT
// M: one kernel thread. Its memory is a slot of a slab that is never unmapped (machine_slab.h), with its g0's stack, its signal
// stack and its TLS block; a slot is reused when the kernel has cleared `thread` (I4).
#pragma once

#include <atomic>
#include <cstdint>

#include "os/clone.h"
#include "os/note.h"
#include "runtime/birth.h"
#include "runtime/check.h"
#include "runtime/g.h"
#include "runtime/p.h"

namespace mstart::runtime {

struct alignas(64) M {
  G g0;  // the scheduler's context and stack

  // Its own, while it runs.
  G* curg = nullptr;        // the G that it runs, null on g0
  P* p = nullptr;           // null: not running Gs
  bool spinning = false;    // has a P, is out of work, is looking for some
  bool newborn = false;     // has not run a G yet, nor slept
  bool fresh = false;       // born or woken just now: has not searched yet
  int32_t locks = 0;        // runtime locks held
  uint32_t held_ranks = 0;  // which, in debug builds
  uint32_t locked_ext = 0;  // lock_thread's depth
  uint32_t locked_int = 0;  // the runtime's own locks to the thread
  bool foreign = false;     // its thread was started by C: its kernel state may be strange
  G* lockedg = nullptr;
  bool (*unlock)(G*, void*) = nullptr;  // park's, run on g0 after the switch
  void* unlock_arg = nullptr;
  uint32_t random = 0;  // state of next_random()

  // Handed over by the one who starts or wakes it, before the clone or the wake (I5).
  P* nextp = nullptr;
  bool left_sleepers = false;  // it slept for a timer: who does now?
  void (*mstartfn)() = nullptr;
  os::Note park;

  // Under sched.lock.
  uint64_t id = 0;
  M* schedlink = nullptr;  // the list of idle Ms
  M* idle_prev = nullptr;
  bool on_idle_list = false;
  bool sleeps_locked = false;  // waits for its locked G, or for ever, and nobody is about to wake it
  int64_t sleeps_until = 0;    // on the idle list: for the first timer; 0: for none
  M* sleeper_below = nullptr;  // sched.sleepers
  M* allnext = nullptr;        // allm
  M* freelink = nullptr;       // sched.freem
  M* handoff_link = nullptr;   // the template thread's list, under its lock

  // The birth: what the creator needs, and the kernel's word.
  os::ThreadWord thread;
  void* tls = nullptr;
  char* signal_stack = nullptr;  // null: the thread came with one
  uint64_t signal_mask = 0;      // a libc process: what its thread shall begin with
  Birth* birth = nullptr;        // null: births are not being recorded
  BirthStart birth_start;        // stamps of the newproc and wakep that this M is in
};

// The M's own generator: PCG, 32 bits.
inline uint32_t next_random(M* m) {
  m->random = m->random * 747796405U + 2891336453U;
  const uint32_t word = ((m->random >> ((m->random >> 28) + 4)) ^ m->random) * 277803737U;
  return (word >> 22) ^ word;
}
inline uint32_t random_below(M* m, uint32_t n) { return static_cast<uint32_t>((uint64_t{next_random(m)} * n) >> 32); }

inline void birth_mark(M* m, uint64_t Birth::* phase) {
  if (m->birth != nullptr) [[unlikely]]
    set_stamp(m->birth->*phase);
}

// The current G, which must be one: for every entry of the API that needs it.
inline G* user_g() {
  G* g = getg();
  check(g != nullptr && g != &g->m->g0, "mstart called without a goroutine");
  return g;
}

// The first thread. Its g0's stack is the kernel's.
[[gnu::visibility("hidden")]] extern M m0;

}  // namespace mstart::runtime
