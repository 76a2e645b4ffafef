// SPDX-License-Identifier: MIT
// The birth timeline: when each phase of a thread's birth happened, from newproc to the first instruction of the first G
// (MSTART_DEBUG=birth=1). Stamps are arch::cycles(). The creator's and the child's are on different cache lines, in records
// that are backed before they are needed; a record is used once. Off, each stamp is one predicted branch.
//
// The phases telescope: each ends where the next one begins, so they add up to the whole. clone_returned is the creator's
// own affair, beside the sum.
#pragma once

#include <atomic>
#include <cstdint>

#include "arch/arch.h"

namespace mstart::inline v0 {
class Sink;
}

namespace mstart::runtime {

// What called for the birth says where its timeline begins.
enum class BirthClass : uint8_t {
  kWake,      // newproc or ready -> wakep -> startm -> newm -> clone: at newproc, if that called wakep
  kHandoff,   // a P that was given up with work on it -> startm -> newm -> clone: at startm
  kTemplate,  // asked for on a locked thread: the template thread called clone: at startm
  kOther,     // without a P, the template thread itself: at the end of allocm
};

// What happened before there was an M to ask. 0: did not happen.
struct BirthStart {
  uint64_t newproc = 0;
  uint64_t wakep = 0;
  uint64_t startm = 0;
};

// 0 is a stamp that is not there (yet).
struct Birth {
  // The creator's.
  alignas(64) BirthStart start;
  uint64_t allocm = 0;
  uint64_t clone_entered = 0;
  uint64_t clone_returned = 0;
  uint64_t m_id = 0;
  BirthClass kind = BirthClass::kOther;
  // The child's.
  alignas(64) uint64_t first_instruction = 0;  // 0: it has been refused
  uint64_t mstart = 0;
  uint64_t minit = 0;
  uint64_t acquirep = 0;
  uint64_t schedule = 0;
  uint64_t first_g = 0;  // 0: it found nothing to run
};

[[gnu::visibility("hidden")]] extern bool births_recorded;

// Relaxed: the report may read it meanwhile.
inline void set_stamp(uint64_t& stamp) { std::atomic_ref(stamp).store(arch::cycles(), std::memory_order_relaxed); }
inline void birth_stamp(uint64_t* at) {
  if (births_recorded) [[unlikely]]
    set_stamp(*at);
}

// Turns the recording on: maps and backs 8,192 records (1 MiB). At start-up.
void record_births();
// A fresh record, null when all are used up (the report says how many births had none).
Birth* new_birth();
// Prints the table and the slowest births to fd: p50, p90, p99 and maximum of each phase, in microseconds. Takes a
// mapping; blocks the thread while fd does. May run while births go on: those are in it as far as they are.
void report_births(int fd);

// The report's text, of `count` records; `scratch` has room for births_scratch(count) numbers.
constexpr size_t births_scratch(uint32_t count) { return count * size_t{14}; }
void format_births(Sink& out, const Birth* births, uint32_t count, uint32_t unrecorded, double ns_per_cycle,
                   int64_t* scratch);

}  // namespace mstart::runtime
