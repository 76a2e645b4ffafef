// SPDX-License-Identifier: MIT
// Timers by when they are due: a 4-ary heap. Four children are one cache line of entries, so a step down costs one miss where
// a binary heap of the same size takes two, and keys are in the entries, so timers are not touched to compare them.
//
// Removal is at once, by the timer's place: a timer may be on a stack that is left right after it (Go leaves the dead in the
// heap, which its collector allows). Moving to a later time, what a deadline that is pushed back again and again does, is
// lazy: only the timer knows; its entry keeps the earlier key, and is put right when it has come to the top. So a key is
// never later than its timer is due, and the first key is when to look again.
#pragma once

#include <cstdint>

namespace mstart::runtime {

// T has `int64_t when` and `uint32_t place`, 0 while it is not in a heap.
template <class T>
class TimerHeap {
 public:
  struct Entry {
    int64_t key;
    T* timer;
  };
  // The root is the fourth entry of the room, so the children of each, 4i+1 to 4i+4, begin a line.
  static constexpr uint32_t kLead = 3;

  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == capacity_; }
  uint32_t size() const { return size_; }
  int64_t first_key() const { return entries_[0].key; }  // not empty

  template <class F>
  bool any(F&& is_so) const {
    for (uint32_t i = 0; i < size_; ++i) {
      if (is_so(entries_[i].timer)) return true;
    }
    return false;
  }

  // Moves to `room`, which holds `entries` of them, lead included. Returns where it was; null the first time.
  Entry* move_to(Entry* room, uint32_t entries) {
    Entry* old = entries_;
    for (uint32_t i = 0; i < size_; ++i) room[kLead + i] = old[i];
    entries_ = room + kLead;
    capacity_ = entries - kLead;
    return old != nullptr ? old - kLead : nullptr;
  }

  // Not full; t->when is set.
  void push(T* t) { up(size_++, {t->when, t}); }

  void remove(T* t) {
    const uint32_t hole = t->place - 1;
    t->place = 0;
    const Entry last = entries_[--size_];
    if (hole == size_) return;
    if (hole != 0 && last.key < entries_[parent(hole)].key)
      up(hole, last);
    else
      down(hole, last);
  }

  // t is in the heap, and due at t->when from now on.
  void moved(T* t) {
    const uint32_t at = t->place - 1;
    if (t->when < entries_[at].key) up(at, {t->when, t});
  }

  // The first timer, taken out, if it is due at `now`; null: none is.
  T* pop_due(int64_t now) {
    while (size_ != 0 && entries_[0].key <= now) {
      T* t = entries_[0].timer;
      if (t->when == entries_[0].key) {
        remove(t);
        return t;
      }
      down(0, {t->when, t});
    }
    return nullptr;
  }

 private:
  static uint32_t parent(uint32_t i) { return (i - 1) / 4; }

  void put(uint32_t at, Entry e) {
    entries_[at] = e;
    e.timer->place = at + 1;
  }
  void up(uint32_t hole, Entry e) {
    for (; hole != 0 && e.key < entries_[parent(hole)].key; hole = parent(hole)) put(hole, entries_[parent(hole)]);
    put(hole, e);
  }
  void down(uint32_t hole, Entry e) {
    for (;;) {
      const uint32_t first = 4 * hole + 1;
      const uint32_t end = first + 4 < size_ ? first + 4 : size_;
      uint32_t least = hole;
      int64_t key = e.key;
      for (uint32_t child = first; child < end; ++child) {
        if (entries_[child].key < key) least = child, key = entries_[child].key;
      }
      if (least == hole) break;
      put(hole, entries_[least]);
      hole = least;
    }
    put(hole, e);
  }

  Entry* entries_ = nullptr;
  uint32_t size_ = 0, capacity_ = 0;
};

}  // namespace mstart::runtime
