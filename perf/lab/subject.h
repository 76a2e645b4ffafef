// SPDX-License-Identifier: MIT
// What the subjects in C and C++ share: the loop that makes births one after another, or burst after burst, and records
// them. A subject supplies how a thread is made and joined. It needs no libc, so that freestanding subjects use it too and
// all of them do the same work around a birth: the newborn stamps, looks who it is, and wakes the creator, which waits for
// it in a futex or spinning, and joins it before the next. Of a burst all stay until all have run.
//
// A subject is started as `SUBJECT FD`, FD being threadlab's memfd. Without, it makes five births for itself, and its exit
// status says whether they are sound.
#pragma once

#include <sys/resource.h>
#include <sys/syscall.h>

#include "record.h"

struct lab_subject {
  const char* (*prepare)(struct lab* lab);  // may be null; returns null, or why it cannot do what is asked
  const char* (*create)(struct lab* lab, struct lab_birth* birth);  // null, or what failed
  void (*join)(struct lab* lab, struct lab_birth* birth);           // until its memory may be reused
  void (*ready)(void);                                              // may be null; right before the begin of a burst
};

#if defined(__x86_64__)
static inline long lab_call(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
static inline uint64_t lab_ticks(void) {  // not read before what stands above it
  uint32_t lo, hi;
  __asm__ volatile("lfence\n\trdtsc" : "=a"(lo), "=d"(hi) : : "memory");
  return (uint64_t)hi << 32 | lo;
}
static inline void lab_relax(void) { __asm__ volatile("pause" ::: "memory"); }
#elif defined(__aarch64__)
static inline long lab_call(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}
static inline uint64_t lab_ticks(void) {
  uint64_t ticks;
  __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
  return ticks;
}
static inline void lab_relax(void) { __asm__ volatile("yield" ::: "memory"); }
#endif

// The kernel's numbers: musl-gcc finds no headers of the kernel, and not everybody defines _GNU_SOURCE.
enum { kFutexWait = 0, kFutexWaitPrivate = 128, kFutexWakePrivate = 129, kRusageThread = 1 };

static inline void lab_wait(uint32_t* word, uint32_t value) {
  lab_call(SYS_futex, (long)word, kFutexWaitPrivate, value, 0, 0, 0);
}
static inline void lab_wake_all(uint32_t* word) {
  lab_call(SYS_futex, (long)word, kFutexWakePrivate, 1 << 30, 0, 0, 0);
}

// The kernel clears the word, and wakes, when the thread has left its stack for good (CLONE_CHILD_CLEARTID).
static inline void lab_wait_gone(int* tid) {
  for (int t; (t = __atomic_load_n(tid, __ATOMIC_ACQUIRE)) != 0;)
    lab_call(SYS_futex, (long)tid, kFutexWait, t, 0, 0, 0);
}

static inline void lab_usage(uint32_t* faults, uint32_t* switches) {
  struct rusage usage;
  lab_call(SYS_getrusage, kRusageThread, (long)&usage, 0, 0, 0, 0);
  *faults = (uint32_t)usage.ru_minflt;
  *switches = (uint32_t)usage.ru_nivcsw;
}

// On the newborn, after its stamp: the rest of its record; then lets the creator know, and waits for the others.
static inline void lab_born(struct lab* lab, struct lab_birth* birth, uint64_t stamp) {
  birth->end = stamp;
  lab_call(SYS_getcpu, (long)&birth->cpu, 0, 0, 0, 0, 0);
  birth->tid = (uint32_t)lab_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
  lab_usage(&birth->faults, &birth->switches);
  const uint32_t burst = lab->burst, turn = __atomic_load_n(&lab->released, __ATOMIC_RELAXED);
  // acq_rel: the record is seen by the creator, which acquires; and this one's `turn` is read before.
  if (__atomic_add_fetch(&lab->arrived, 1, __ATOMIC_ACQ_REL) == burst) lab_wake_all(&lab->arrived);
  while (burst > 1 && __atomic_load_n(&lab->released, __ATOMIC_ACQUIRE) == turn) lab_wait(&lab->released, turn);
}

static inline const char* lab_one_burst(struct lab* lab, const struct lab_subject* subject, struct lab_birth* first) {
  const uint32_t burst = lab->burst;
  uint32_t faults, switches;
  lab_usage(&faults, &switches);
  first->creator_tid = (uint32_t)lab_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
  lab_call(SYS_getcpu, (long)&first->creator_cpu, 0, 0, 0, 0, 0);
  __atomic_store_n(&lab->arrived, 0, __ATOMIC_RELAXED);
  for (uint32_t j = 1; j < burst; ++j) {
    first[j].creator_tid = first->creator_tid;
    first[j].creator_cpu = first->creator_cpu;
  }
  if (subject->ready) subject->ready();
  const uint64_t begin = lab_ticks();
  for (struct lab_birth* birth = first; birth != first + burst; ++birth) {
    birth->begin = begin;
    const char* error = subject->create(lab, birth);
    if (error) return error;
    __atomic_store_n(&birth->created, lab_ticks(), __ATOMIC_RELAXED);
  }
  for (uint32_t n; (n = __atomic_load_n(&lab->arrived, __ATOMIC_ACQUIRE)) != burst;)
    lab->parent == kParentSpin ? lab_relax() : lab_wait(&lab->arrived, n);
  if (burst > 1) {
    first->released = lab_ticks();
    __atomic_add_fetch(&lab->released, 1, __ATOMIC_RELEASE);
    lab_wake_all(&lab->released);
  }
  for (struct lab_birth* birth = first; birth != first + burst; ++birth) subject->join(lab, birth);
  first->reusable = lab_ticks();
  lab_usage(&first->creator_faults, &first->creator_switches);
  first->creator_faults -= faults;
  first->creator_switches -= switches;
  return 0;
}

static inline void lab_fail(struct lab* lab, const char* error) {
  for (uint32_t i = 0; error[i] && i + 1 < sizeof lab->error; ++i) lab->error[i] = error[i];
}

static inline void lab_run(struct lab* lab, const struct lab_subject* subject) {
  const char* error = subject->prepare ? subject->prepare(lab) : 0;
  const int64_t rest[2] = {lab->rest_us / 1000000, lab->rest_us % 1000000 * INT64_C(1000)};
  for (uint32_t i = 0; !error && i < lab->births; i += lab->burst) {
    if (lab->rest_us) lab_call(SYS_nanosleep, (long)rest, 0, 0, 0, 0, 0);
    __atomic_store_n(&lab->current, i, __ATOMIC_RELEASE);
    error = lab_one_burst(lab, subject, lab_births(lab) + i);
  }
  if (error) lab_fail(lab, error);
  lab->done = !error;
}

// Where the memfd FD is mapped, backed beforehand; without FD, memory of our own with an order for five births. Null: no.
static inline struct lab* lab_open(const char* fd_text) {
  enum { kRead = 1, kWrite = 2, kShared = 1, kPopulate = 0x8000, kAnonymous = 0x20, kOwnBirths = 5 };
  int fd = -1;
  uint64_t size[18] = {0};  // struct stat; st_size is size[6] on both instruction sets
  long bytes = kLabHeaderBytes + kOwnBirths * (long)sizeof(struct lab_birth);
  if (fd_text) {
    for (fd = 0; *fd_text >= '0' && *fd_text <= '9'; ++fd_text) fd = fd * 10 + (*fd_text - '0');
    if (lab_call(SYS_fstat, fd, (long)size, 0, 0, 0, 0) < 0) return 0;
    bytes = (long)size[6];
  }
  const long at = lab_call(SYS_mmap, 0, bytes, kRead | kWrite, kShared | kPopulate | (fd_text ? 0 : kAnonymous), fd, 0);
  if (at < 0 && at > -4096) return 0;
  struct lab* lab = (struct lab*)at;
  if (!fd_text) {
    lab->magic = kLabMagic, lab->version = kLabVersion, lab->record_bytes = sizeof(struct lab_birth);
    lab->births = kOwnBirths, lab->burst = 1, lab->phases = 1;
  }
  const int known =
      lab->magic == kLabMagic && lab->version == kLabVersion && lab->record_bytes == sizeof(struct lab_birth);
  return known ? lab : 0;
}

// Are the stamps that there are in order?
static inline int lab_sound(struct lab* lab) {
  int sound = lab->done == 1;
  for (uint32_t i = 0; sound && i < lab->births; ++i) {
    const struct lab_birth* b = lab_births(lab) + i;
    const uint64_t stamps[] = {b->begin,         b->newproc,           b->wakep,  b->startm, b->allocm,
                               b->clone_entered, b->first_instruction, b->mstart, b->minit,  b->acquirep,
                               b->schedule,      b->first_g,           b->end};
    uint64_t last = 1;
    for (uint32_t k = 0; k < sizeof stamps / sizeof *stamps; ++k) {
      if (!stamps[k] && k != 0 && k != 12) continue;
      sound &= stamps[k] >= last;
      last = stamps[k];
    }
    sound &= b->tid != 0 && b->tid != b->creator_tid && b->reusable >= b->end;
  }
  return sound;
}

// main's work; its exit status.
static inline int lab_main(int argc, char** argv, const struct lab_subject* subject) {
  struct lab* lab = lab_open(argc > 1 ? argv[1] : 0);
  if (!lab) return 2;
  lab_run(lab, subject);
  return argc > 1 ? !lab->done : !lab_sound(lab);
}
