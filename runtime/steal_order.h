// SPDX-License-Identifier: MIT
// In which order a thief visits the Ps: another one each time, so that thieves do not follow each other around.
#pragma once

#include <cstdint>

namespace mstart::runtime {

// All Ps once, from a random one on, in steps that have no divisor in common with their number.
class StealOrder {
 public:
  StealOrder(uint32_t random, uint32_t n) : n_(n), at_(random % n), step_((random >> 16) % n) {
    while (gcd(step_, n) != 1) step_ = step_ + 1 < n ? step_ + 1 : 1;
  }
  bool done() const { return seen_ == n_; }
  uint32_t position() const { return at_; }
  void next() {
    ++seen_;
    at_ = (at_ + step_) % n_;
  }

 private:
  static uint32_t gcd(uint32_t a, uint32_t b) {
    while (b != 0) {
      const uint32_t r = a % b;
      a = b;
      b = r;
    }
    return a;
  }
  uint32_t n_, at_, step_, seen_ = 0;
};

}  // namespace mstart::runtime
