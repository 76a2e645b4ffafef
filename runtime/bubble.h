// SPDX-License-Identifier: MIT
// What the rest of the runtime calls for Gs, channels and timers that are in a bubble. bubble.cc is in programs with a Bubble
// only, so these are for those who have found one: a G's `bubble` is not null, a channel's not 0.
#pragma once

#include <cstdint>

#include "runtime/g.h"

namespace mstart::runtime {

struct TimerQueue;

// park's unlock and its argument, for a G in a bubble.
struct BubblePark {
  bool (*unlock)(G*, void*);
  void* arg;
};

enum class BubbleUse : uint8_t { kSend, kReceive, kClose, kSelect, kTimer };

[[gnu::weak, gnu::visibility("default")]] bool bubble_unlock(G* g, void* park);
[[gnu::weak, gnu::visibility("default")]] void bubble_ready(G* g);
[[gnu::weak, gnu::visibility("default")]] void bubble_adopt(Bubble* b, G* newborn);
[[gnu::weak, gnu::visibility("default")]] void bubble_left(G* dead);
[[gnu::weak, gnu::visibility("default")]] uint64_t bubble_id(const Bubble* b);
[[gnu::weak, gnu::visibility("default")]] int64_t bubble_time(const Bubble* b);
[[gnu::weak, gnu::visibility("default")]] TimerQueue* bubble_timers(Bubble* b);
// Fatal if the current G is not in that bubble; 0: in any.
[[gnu::weak, gnu::visibility("default")]] void check_in_bubble(uint64_t id, BubbleUse use);
// The current G's time, in a bubble or not; any thread. Null in programs without a Bubble.
[[gnu::weak, gnu::visibility("default")]] int64_t bubble_clock(int64_t (*outside)());

// The bubble in which the current G is; 0: none, or no G.
inline uint64_t current_bubble() {
  const G* g = getg();
  return g != nullptr && g->bubble != nullptr ? bubble_id(g->bubble) : 0;
}

}  // namespace mstart::runtime
