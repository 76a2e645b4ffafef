// SPDX-License-Identifier: MIT
// The birth of a bare M: newm with no P and a function of ours, up to that function. What a G on a fresh M costs beyond it
// is the scheduler's part.
#include <mstart/go.h>

#include "subject_mstart.h"

using namespace mstart;

namespace {

// The newborn of a burst know nothing but their M; each takes the next record.
lab* order;
std::atomic<uint32_t> next_record{0};
runtime::M** ms;

void child() {
  const uint64_t stamp = lab_ticks();
  const uint32_t i = next_record.fetch_add(1, std::memory_order_relaxed);
  lab_birth* birth = lab_births(order) + i;
  runtime::M* m = runtime::getg()->m;
  ms[i % order->burst] = m;
  lab_copy_timeline(m->birth, birth);
  lab_born(order, birth, stamp);
  runtime::sched.lock.lock();
  runtime::mexit_idle(m);  // unlocks, and ends the thread
}

const char* create(lab*, lab_birth*) {
  runtime::sched.lock.lock();
  const int64_t id = runtime::mReserveID();
  runtime::sched.lock.unlock();
  return id >= 0 && runtime::newm(child, nullptr, id) ? nullptr : "the kernel refuses a thread";
}

void join(lab* lab, lab_birth* birth) {
  lab_wait_gone(ms[static_cast<uint32_t>(birth - lab_births(lab)) % lab->burst]->thread.address());
  if (lab->stack == kStackFresh) lab_forget_free_ms();
}

const char* prepare(lab* lab) {
  order = lab;
  ms = new runtime::M*[lab->burst];
  if (lab->phases != 0) runtime::record_births();
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr lab_subject subject{prepare, create, join, nullptr};
  return lab_main(argc, argv, &subject);
}
