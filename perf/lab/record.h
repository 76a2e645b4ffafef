// SPDX-License-Identifier: MIT
// What threadlab and a subject share: one memfd, mapped by both. threadlab fills in the order; the subject makes the births
// and leaves a record of each. C and C++, libc or none; Go has a mirror of it (go/subject.go).
//
// Stamps are values of the cycle counter. 0: did not happen. Creator and newborn write to lines of their own.
#pragma once

#include <stdint.h>

enum {
  kLabMagic = 0x6c61626d,  // "mbal"
  kLabVersion = 1,
  kLabHeaderBytes = 4096,  // records begin here
};

enum lab_parent { kParentBlock, kParentSpin };            // what the creator does until the newborn has run
enum lab_stack { kStackOwn, kStackFresh, kStackReused };  // own: as the subject does by itself
enum lab_flag { kLabStale = 1 };                          // it ran on a thread that was there before: this is no birth

struct lab_birth {
  // The creator's.
  uint64_t begin;  // before the call that needs a thread; of a burst: before its first
  uint64_t newproc;
  uint64_t wakep;
  uint64_t startm;
  uint64_t allocm;
  uint64_t clone_entered;
  uint64_t created;   // that call has returned
  uint64_t released;  // the first of a burst: all run, and are told to end
  // The newborn's.
  uint64_t first_instruction;
  uint64_t mstart;
  uint64_t minit;
  uint64_t acquirep;
  uint64_t schedule;
  uint64_t first_g;
  uint64_t end;  // its first user instruction
  uint32_t tid;
  uint32_t cpu;
  // Afterwards.
  uint64_t reusable;  // the first of a burst: the memory of all may be used again
  uint32_t creator_tid;
  uint32_t creator_cpu;
  uint32_t faults;            // minor faults of the newborn, up to its end
  uint32_t creator_faults;    // of the creator, join included
  uint32_t switches;          // involuntary context switches of the newborn, up to its end
  uint32_t creator_switches;  // and of the creator, join included
  uint32_t flags;             // lab_flag
  uint32_t spare[7];
};

struct lab {
  uint32_t magic, version, record_bytes;
  // The order.
  uint32_t births;   // warm-up included; a multiple of burst
  uint32_t burst;    // so many at once
  uint32_t rest_us;  // between bursts
  uint32_t parent;   // lab_parent
  uint32_t stack;    // lab_stack
  uint32_t variant;  // of a program that is several subjects
  uint32_t phases;   // leave the stamps between begin and end, too
  // The answer.
  uint32_t current;  // the burst under way: its first birth
  uint32_t done;     // 1: all were made
  char error[192];   // why not
  // The subject's own, to wait on.
  uint32_t arrived __attribute__((aligned(64)));   // so many of the burst have run
  uint32_t released __attribute__((aligned(64)));  // bursts that may end
};

#ifdef __cplusplus
static_assert(sizeof(lab_birth) == 192 && sizeof(lab) <= kLabHeaderBytes);
#else
_Static_assert(sizeof(struct lab_birth) == 192 && sizeof(struct lab) <= kLabHeaderBytes, "");
#endif

static inline struct lab_birth* lab_births(struct lab* lab) {
  return (struct lab_birth*)((char*)lab + kLabHeaderBytes);
}
