// SPDX-License-Identifier: MIT
// The global queue of runnable Gs: an intrusive FIFO under sched.lock. Its size can be read without the lock: the seq_cst
// store [wake:A] and load [wake:D] make an addition a submission (head of sched.cc).
#pragma once

#include <atomic>
#include <cstdint>

namespace mstart::runtime {

template <class T, T* T::* kLink>
class InjectQueue {
 public:
  // All under the lock, but size().
  void push(T* t) {
    t->*kLink = nullptr;
    *end_ = t;
    end_ = &(t->*kLink);
    set_size(size() + 1);
  }
  T* pop() {
    T* t = first_;
    if (t == nullptr) return nullptr;
    first_ = t->*kLink;
    if (first_ == nullptr) end_ = &first_;
    set_size(size() - 1);
    return t;
  }

  // Takes out up to n: returns the first, gives the others to put(). Only then the size says that they are gone, so whoever
  // reads it finds them here or there.
  template <class Put>
  T* take(uint32_t n, Put put) {
    T* const head = first_;
    uint32_t taken = 0;
    for (; taken < n && first_ != nullptr; ++taken) {
      T* t = first_;
      first_ = t->*kLink;  // before anybody else may have it
      if (taken != 0) put(t);
    }
    if (first_ == nullptr) end_ = &first_;
    set_size(size() - taken);
    return taken != 0 ? head : nullptr;
  }

  // Takes out the first that `wanted` says yes to; null: none.
  T* pop_if(bool (*wanted)(const T*)) {
    for (T** at = &first_; *at != nullptr; at = &((*at)->*kLink)) {
      if (wanted(*at)) return take_out(at);
    }
    return nullptr;
  }

  // Takes out the one with the highest score; null: none has more than INT64_MIN.
  T* take_best(int64_t (*score)(const T*)) {
    T** best = nullptr;
    int64_t highest = INT64_MIN;
    for (T** at = &first_; *at != nullptr; at = &((*at)->*kLink)) {
      const int64_t its = score(*at);
      if (its > highest) highest = its, best = at;
    }
    return best != nullptr ? take_out(best) : nullptr;
  }

  uint32_t size() const { return size_.load(std::memory_order_seq_cst); }  // [wake:D]

 private:
  T* take_out(T** at) {
    T* t = *at;
    *at = t->*kLink;
    if (*at == nullptr) end_ = at;
    set_size(size() - 1);
    return t;
  }
  void set_size(uint32_t n) { size_.store(n, std::memory_order_seq_cst); }  // [wake:A]

  T* first_ = nullptr;
  T** end_ = &first_;
  std::atomic<uint32_t> size_{0};
};

}  // namespace mstart::runtime
