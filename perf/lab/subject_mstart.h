// SPDX-License-Identifier: MIT
// What the two subjects that use the runtime share. They are white-box programs: they read the runtime's own birth timeline,
// and wait on an M's thread word.
#pragma once

#include <mstart/mstart.h>

#include "runtime/sched.h"
#include "subject.h"

// Each birth has one, and there are so many of them (runtime/birth.cc): threadlab asks for no more births of a process.
inline void lab_copy_timeline(const mstart::runtime::Birth* from, lab_birth* to) {
  if (from == nullptr) return;
  // What called for the birth says which of the stamps before allocm are this birth's.
  using mstart::runtime::BirthClass;
  if (from->kind == BirthClass::kWake) {
    // A newproc whose wake found an idle M is still there when the next wake makes a birth.
    if (from->start.newproc >= to->begin) to->newproc = from->start.newproc;
    to->wakep = from->start.wakep;
  }
  if (from->kind != BirthClass::kOther) to->startm = from->start.startm;
  to->allocm = from->allocm;
  to->clone_entered = from->clone_entered;
  to->first_instruction = from->first_instruction;
  to->mstart = from->mstart;
  to->minit = from->minit;
  to->acquirep = from->acquirep;
  to->schedule = from->schedule;
  to->first_g = from->first_g;
}

// The slots of Ms that have ended are never found again, so the next M gets one that no thread has used.
inline void lab_forget_free_ms() {
  mstart::runtime::LockGuard guard(mstart::runtime::sched.lock);
  mstart::runtime::sched.freem = nullptr;
}
