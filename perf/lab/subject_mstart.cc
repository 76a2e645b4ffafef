// SPDX-License-Identifier: MIT
// A thread's birth as mstart has it: from before go() to the first statement of the G, on an M made for it. There is an
// idle P and no idle M, so go() clones one, which finds the G in its creator's queue. The G locks its thread and ends, so
// the thread ends too, and the next birth needs a new one. In a burst the newborn start one another, as wakep has it.
#include "subject_mstart.h"

using namespace mstart;

namespace {

runtime::M** ms;        // of the burst, by place in it
uint64_t first_new_id;  // the Ms of this burst have ids from here on: another was there before, and is no birth

void ready() {
  runtime::LockGuard guard(runtime::sched.lock);
  first_new_id = runtime::sched.mnext;
}

const char* create(lab* lab, lab_birth* birth) {
  go([lab, birth] {
    const uint64_t stamp = lab_ticks();
    lock_thread();
    runtime::M* m = runtime::getg()->m;
    ms[static_cast<uint32_t>(birth - lab_births(lab)) % lab->burst] = m;
    if (m->id < first_new_id)
      birth->flags |= kLabStale;
    else
      lab_copy_timeline(m->birth, birth);
    lab_born(lab, birth, stamp);
  });
  return nullptr;
}

void join(lab* lab, lab_birth* birth) {
  const auto place = static_cast<uint32_t>(birth - lab_births(lab)) % lab->burst;
  lab_wait_gone(ms[place]->thread.address());
  if (lab->stack == kStackFresh && place + 1 == lab->burst) lab_forget_free_ms();
}

const char* prepare(lab* lab) {
  if (lab->burst >= static_cast<uint32_t>(runtime::kMaxProcs)) return "a burst of more Ms than there may be Ps";
  ms = new runtime::M*[lab->burst];
  set_procs(static_cast<int>(lab->burst) + 1);
  lock_thread();  // the first one makes the template thread: not while we measure
  unlock_thread();
  if (lab->phases != 0) runtime::record_births();
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr lab_subject subject{prepare, create, join, ready};
  return lab_main(argc, argv, &subject);
}
