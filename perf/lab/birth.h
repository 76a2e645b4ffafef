// SPDX-License-Identifier: MIT
// A birth as threadlab sees it: moments on the critical path from the call that needs a thread to the newborn's first user
// instruction, those of user space and those of the kernel on one counter. Phases telescope: each goes from one moment that
// is there to the next that is there, so they add up to the whole, exactly, whatever is missing.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace threadlab {

// In causal order. A phase is named by the moment that ends it.
enum class At : uint8_t {
  begin,
  newproc,
  wakep,
  startm,
  allocm,
  clone_entered,
  sys_enter,     // the kernel's from here
  task_newtask,  // the copy is made
  process_fork,  // perf's FORK
  wakeup_new,    // it is put on a run queue
  switch_in,     // a CPU takes it up
  sys_exit,      // the newborn's own way out of the clone
  first_instruction,
  mstart,
  minit,
  acquirep,
  schedule,
  first_g,
  end,
};
inline constexpr int kMoments = static_cast<int>(At::end) + 1;
inline constexpr std::array<std::string_view, kMoments> kMomentNames = {"begin",
                                                                        "newproc",
                                                                        "wakep",
                                                                        "startm",
                                                                        "allocm",
                                                                        "clone_entered",
                                                                        "sys_enter_clone",
                                                                        "task_newtask",
                                                                        "sched_process_fork",
                                                                        "sched_wakeup_new",
                                                                        "sched_switch",
                                                                        "sys_exit_clone",
                                                                        "first_instruction",
                                                                        "mstart",
                                                                        "minit",
                                                                        "acquirep",
                                                                        "schedule",
                                                                        "first_g",
                                                                        "end"};

// Why a birth is no sample of what was asked for. It is kept, and counted; its like are never mixed with the others.
enum Label : uint8_t {
  kWarmup = 1,     // among the first of its process
  kStale = 2,      // on a thread that was there before
  kMisplaced = 4,  // not on the CPU that was asked for
};

struct Birth {
  std::array<uint64_t, kMoments> at{};  // ticks; 0: not there
  uint64_t created = 0;                 // beside the path: the creating call has returned
  uint64_t released = 0, reusable = 0;  // of the first of a burst
  uint32_t place = 0;                   // in its burst
  uint32_t tid = 0, cpu = 0, creator_tid = 0, creator_cpu = 0;
  uint32_t faults = 0, creator_faults = 0, switches = 0, creator_switches = 0;
  uint8_t labels = 0;
  bool disordered = false;  // a moment came before its cause, by more than the clocks' error

  bool operator==(const Birth&) const = default;
  uint64_t& operator[](At moment) { return at[static_cast<size_t>(moment)]; }
  uint64_t operator[](At moment) const { return at[static_cast<size_t>(moment)]; }
  uint64_t whole() const { return (*this)[At::end] - (*this)[At::begin]; }
};

// The phases of a birth in ticks, by the moment that ends each; -1: that moment is not there. Their sum is birth.whole().
// With `common`, only moments that are set in it count.
inline std::array<int64_t, kMoments> phases_of(const Birth& birth, uint32_t common = ~uint32_t{0}) {
  std::array<int64_t, kMoments> phases;
  phases.fill(-1);
  uint64_t last = birth[At::begin];
  for (size_t i = 1; i < kMoments; ++i) {
    if (birth.at[i] == 0 || (common >> i & 1) == 0) continue;
    phases[i] = static_cast<int64_t>(birth.at[i] - last);
    last = birth.at[i];
  }
  return phases;
}

// The births of one process.
struct Round {
  enum class Kind : uint8_t { plain, traced };  // plain: nothing between begin and end
  Kind kind = Kind::plain;
  std::vector<Birth> births;
  uint64_t lost_events = 0;  // of the kernel's
  bool operator==(const Round&) const = default;
};

}  // namespace threadlab
