// SPDX-License-Identifier: MIT
// Programs whose schedule follows from a number: MSTART_DEBUG=seed, for all Gs of a program, and explore() (explore.cc), for
// those that a function starts.
//
// There is one P, so Gs run one after the other, and its M alone chooses: it asks sched.instead, which asks a generator, and
// select's orders come from that too. A G gives way not only when it parks or yields, but at points too
// (include/mstart/detail/point.h). The clock is not the machine's: each look at it takes a microsecond, and when no G can run
// it jumps to the first timer. So nothing depends on the machine's speed, nor on which thread a locked G has: only the one
// with the P does anything.
//
// What comes from outside does not follow from it: files, signals, foreign threads, addresses.
#pragma once

#include <string_view>

#include "runtime/m.h"

namespace mstart::runtime {

// SplitMix64.
class Random {
 public:
  explicit constexpr Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(((next() >> 32) * n) >> 32); }

 private:
  uint64_t state_;
};

// The clock that stands still.
void use_virtual_time();
void skip_to(int64_t when);  // os::nanotime(); never back
inline constexpr int64_t kVirtualStart = 1'000'000'000;
[[gnu::visibility("hidden")]] extern std::atomic<int64_t> virtual_time;

// For sched.instead: the runnable G with the highest score, after what is due has been run; the clock jumps until there is
// one. Null: nothing will ever be due.
G* choose(M* m, Random& random, int64_t (*score)(const G*));

// At a point: the current G, if it can give way; null: it holds a lock, is the scheduler, ...
G* able_to_give_way();
// To whichever G is chosen next, which may be the same. Not yield(): that would be in every program.
void give_way_to_any();

// explore.cc: what fatal() tries first.
void fail_run(std::string_view text);

// For the whole program, by config.seed. Before the first G runs.
void start_seeded();

}  // namespace mstart::runtime
