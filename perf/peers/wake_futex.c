// SPDX-License-Identifier: MIT
// The floor under waking a parked thread. Two threads wake each other in turn. One operation: from
// before futex(WAKE) to the first statement of the thread that it woke; the waker then blocks, and
// sched_yield(), outside the sample, lets it do so before it is woken in turn. A wake that found
// nobody parked is no sample; how many there were is said on stderr.
#include "bench.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>

static struct side {
  _Alignas(128) int word;
} side[2];
static uint64_t sent, *sample;  // of the side whose turn it is
static long taken, early, wanted;

static void wake(struct side* s) {
  sent = ticks();
  __atomic_store_n(&s->word, 1, __ATOMIC_RELEASE);
  syscall(SYS_futex, &s->word, FUTEX_WAKE_PRIVATE, 1);
}

static bool park(struct side* s) {  // false: that was enough
  bool woken = false;               // by a futex call, not by finding the word set
  while (__atomic_load_n(&s->word, __ATOMIC_ACQUIRE) == 0)
    woken = syscall(SYS_futex, &s->word, FUTEX_WAIT_PRIVATE, 0, NULL) == 0;
  const uint64_t now = ticks();
  s->word = 0;
  if (woken && taken < wanted) sample[taken++] = now - sent;
  if (!woken) ++early;
  return taken < wanted;
}

static void* play(void* me) {
  struct side* other = me == &side[0] ? &side[1] : &side[0];
  for (bool more = true; more;) {
    more = park(me);
    sched_yield();
    wake(other);
  }
  return NULL;
}

int main(int argc, char** argv) {
  parse_options(argc, argv, 20000, 1000);
  wanted = options.n + kWarmup;
  sample = calloc((size_t)wanted, sizeof *sample);
  pthread_t thread;
  pthread_create(&thread, NULL, play, &side[1]);
  wake(&side[1]);
  play(&side[0]);
  pthread_join(thread, NULL);
  if (early > 1) fprintf(stderr, "wake_futex: %ld wakes found nobody parked\n", early);
  print_latencies("wake", "futex", sample);
}
