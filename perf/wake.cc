// SPDX-License-Identifier: MIT
// Waking a parked M. Two threads wake each other in turn, by notes. One operation: from before notewakeup to the next
// instruction of the thread that slept; the waker then sleeps itself, and sched_yield(), outside the sample, lets it do so
// before it is woken in turn. A wake that found nobody asleep is no sample.
#include <sys/syscall.h>

#include "latency.h"
#include "os/note.h"

using namespace mstart;

namespace {

struct alignas(128) Side {
  os::Note note;
};
Side side[2];
uint64_t sent;  // of the side whose turn it is

void play(int me, Latencies& wakes) {
  for (bool more = true; more;) {
    const uint64_t before = arch::cycles();
    side[me].note.sleep();
    const uint64_t now = arch::cycles();
    side[me].note.clear();
    if (sent > before) wakes.add(now - sent);
    more = !wakes.enough();
    (void)raw_syscall(SYS_sched_yield);
    sent = arch::cycles();
    (void)side[1 - me].note.wake();
  }
}

}  // namespace

int main(int argc, char** argv) {
  set_procs(2);
  Latencies wakes(operations(argc, argv, 20'000, 1'000));
  Scope other;
  other.go([&] { play(1, wakes); });  // on a P of its own: both block their threads
  sent = arch::cycles();
  (void)side[1].note.wake();
  play(0, wakes);
  other.wait();
  wakes.print("wake");
}
