// SPDX-License-Identifier: MIT
// The word that a submitter looks at after it has published a G: is there an idle P, and is nobody looking for work yet?
// One word, so that one look is one moment.
//
//   bits  0..19  idle Ps            changed under sched.lock
//   bits 20..39  spinning Ms        changed by anybody
//   bit      40  needspinning       a spinner wanted a P and there was none (Go 1.20): the next M to give up its P must
//                                   spin instead of going idle
// All operations are seq_cst: the argument at the head of sched.cc needs one total order of this word and the queues.
#pragma once

#include <atomic>
#include <cstdint>

namespace mstart::runtime {

class IdleState {
 public:
  explicit constexpr IdleState(uint64_t bits) : bits_(bits) {}
  uint32_t idle_ps() const { return static_cast<uint32_t>(bits_ & kMask); }
  uint32_t spinning() const { return static_cast<uint32_t>((bits_ >> kSpinningShift) & kMask); }
  bool needs_spinning() const { return (bits_ & kNeed) != 0; }
  // Somebody ought to be woken for a new runnable G.
  bool wants_wake() const { return idle_ps() != 0 && spinning() == 0; }

 private:
  friend class IdleWord;
  static constexpr int kSpinningShift = 20;
  static constexpr uint64_t kMask = (1U << 20) - 1;
  static constexpr uint64_t kOneSpinning = uint64_t{1} << kSpinningShift;
  static constexpr uint64_t kNeed = uint64_t{1} << 40;
  uint64_t bits_;
};

class IdleWord {
 public:
  explicit constexpr IdleWord(uint32_t idle_ps) : word_(idle_ps) {}

  IdleState look() const { return IdleState(word_.load(std::memory_order_seq_cst)); }  // [wake:B]

  // wakep's CAS: from "an idle P, no spinner" to one spinner. False: no wake is wanted (any more).
  bool try_first_spinner() {
    uint64_t w = word_.load(std::memory_order_seq_cst);
    while (IdleState(w).wants_wake()) {
      if (word_.compare_exchange_weak(w, w + IdleState::kOneSpinning, std::memory_order_seq_cst)) return true;
    }
    return false;
  }
  void add_spinning() { word_.fetch_add(IdleState::kOneSpinning, std::memory_order_seq_cst); }
  // Returns how many there were before: 0 is a bug.
  uint32_t sub_spinning() {  // [wake:C]
    return IdleState(word_.fetch_sub(IdleState::kOneSpinning, std::memory_order_seq_cst)).spinning();
  }
  // Under sched.lock.
  void add_idle_ps(int n) {
    word_.fetch_add(static_cast<uint64_t>(static_cast<int64_t>(n)), std::memory_order_seq_cst);
  }
  void need_spinning() { word_.fetch_or(IdleState::kNeed, std::memory_order_seq_cst); }
  void clear_need_spinning() { word_.fetch_and(~IdleState::kNeed, std::memory_order_seq_cst); }

 private:
  std::atomic<uint64_t> word_;
};

}  // namespace mstart::runtime
