// SPDX-License-Identifier: MIT
// A thread's birth as libc has it, with default attributes: glibc's or musl's, by whichever this is compiled with. Glibc
// keeps the stacks of ended threads, musl unmaps them. Where the other is asked for, the stack is ours, given by attribute:
// mapped for each birth, or one that stays.
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "subject.h"

#ifdef __GLIBC__
enum { kOwnStack = kStackReused };
#else
enum { kOwnStack = kStackFresh };
#endif
enum { kStackBytes = 128 << 10 };  // musl's default

static struct lab* lab;
static pthread_t* threads;
static pthread_attr_t* attributes;  // null: the defaults
static void** stacks;

static void* child(void* birth) {
  lab_born(lab, birth, lab_ticks());
  return NULL;
}

static void* map_stack(void) {
  return mmap(NULL, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
}

static const char* create(struct lab* order, struct lab_birth* birth) {
  const uint32_t slot = (uint32_t)(birth - lab_births(order)) % order->burst;
  if (attributes && order->stack == kStackFresh) {
    if ((stacks[slot] = map_stack()) == MAP_FAILED) return "no memory for a stack";
    pthread_attr_setstack(attributes + slot, stacks[slot], kStackBytes);
  }
  return pthread_create(threads + slot, attributes ? attributes + slot : NULL, child, birth)
             ? "pthread_create fails"
             : NULL;
}

static void join(struct lab* order, struct lab_birth* birth) {
  const uint32_t slot = (uint32_t)(birth - lab_births(order)) % order->burst;
  pthread_join(threads[slot], NULL);
  if (attributes && order->stack == kStackFresh) munmap(stacks[slot], kStackBytes);
}

static const char* prepare(struct lab* order) {
  lab = order;
  threads = calloc(order->burst, sizeof *threads);
  if (order->stack == kStackOwn || (int)order->stack == kOwnStack) return NULL;
  attributes = calloc(order->burst, sizeof *attributes);
  stacks = calloc(order->burst, sizeof *stacks);
  for (uint32_t i = 0; i < order->burst; ++i) {
    pthread_attr_init(attributes + i);
    if (order->stack == kStackFresh) continue;
    if ((stacks[i] = map_stack()) == MAP_FAILED) return "no memory for stacks";
    pthread_attr_setstack(attributes + i, stacks[i], kStackBytes);
  }
  return NULL;
}

int main(int argc, char** argv) {
  static const struct lab_subject subject = {prepare, create, join, NULL};
  return lab_main(argc, argv, &subject);
}
