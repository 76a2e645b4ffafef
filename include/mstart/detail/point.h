// SPDX-License-Identifier: MIT
// Where another G may be made to run though this one could go on: in each operation of the API that others can see, before it
// is done. Only explore() and MSTART_DEBUG=seed do so; otherwise a point is a load and a branch that is not taken.
#pragma once

#include <atomic>

namespace mstart::inline v0::detail {

[[gnu::visibility("hidden")]] inline constinit std::atomic<void (*)()> point_hook{nullptr};

inline void point() {
  if (auto* hook = point_hook.load(std::memory_order_relaxed)) [[unlikely]]
    hook();
}

}  // namespace mstart::inline v0::detail
