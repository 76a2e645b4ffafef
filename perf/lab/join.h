// SPDX-License-Identifier: MIT
// Joins what a subject recorded with what the kernel said about the same births.
//
// The key is the newborn's tid, within the birth's own time: tids recycle. Of the kernel's events those of one birth are
// its task_newtask (or perf's FORK), the creator's last sys_enter before it, and afterwards the first of each kind that
// concerns the newborn.
#pragma once

#include <cstdint>
#include <vector>

#include "birth.h"
#include "record.h"

namespace threadlab {

struct KernelEvent {
  uint64_t ticks;
  At moment;       // one of sys_enter .. sys_exit
  uint32_t actor;  // the thread that it happened on
  uint32_t child;  // the newborn: of all but sys_enter
  bool operator==(const KernelEvent&) const = default;
};

// A record without the kernel's part.
Birth from_record(const lab_birth& record, uint32_t place);

// Puts the kernel's moments into births. `events` of all CPUs; sorted here.
void join(std::vector<Birth>& births, std::vector<KernelEvent>& events);

// Makes the moments monotonic: one that is before the one that follows from it takes that one's place, so that no phase is
// negative. Up to `tolerance` ticks that is the clocks' error; more marks the birth as disordered.
void put_in_order(Birth& birth, uint64_t tolerance);

}  // namespace threadlab
