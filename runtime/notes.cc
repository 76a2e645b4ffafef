// SPDX-License-Identifier: MIT
// Notes with Go's checks: only a scheduler sleeps on one (a G would take its P along), and nobody is woken twice.
#include "runtime/sched.h"

namespace mstart::runtime {

void notesleep(os::Note& note) {
  const G* g = getg();
  check(g == &g->m->g0, "notesleep not on g0");
  note.sleep();
}

// False: the deadline (os::nanotime()) has passed, and nobody has woken it.
bool notetsleep(os::Note& note, int64_t deadline_ns) {
  const G* g = getg();
  check(g == &g->m->g0, "notetsleep not on g0");
  return note.sleep(deadline_ns);
}

void notewakeup(os::Note& note) { check(note.wake(), "notewakeup - double wakeup"); }

}  // namespace mstart::runtime
