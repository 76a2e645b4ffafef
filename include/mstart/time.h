// SPDX-License-Identifier: MIT
// Clocks, and waiting for a time. Nanoseconds throughout.
#pragma once

#include <chrono>

namespace mstart::inline v0 {

using Duration = std::chrono::nanoseconds;

namespace detail {
long monotonic_ns();
long realtime_ns();
}  // namespace detail

// CLOCK_MONOTONIC: never set back, stands still while the machine is suspended. [any] Read by the vDSO, without a system
// call where there is one. clock_gettime(2).
struct Clock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
  static time_point now() { return time_point(duration(detail::monotonic_ns())); }
};

// CLOCK_REALTIME: the calendar's time, as chrono::sys_time. [any]
struct WallClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::sys_time<duration>;
  static constexpr bool is_steady = false;
  static time_point now() { return time_point(duration(detail::realtime_ns())); }
};

using TimePoint = Clock::time_point;
inline constexpr TimePoint never = TimePoint::max();

// Parks the G for at least d, or until t, by Clock; <= 0 or past: returns at once. In nanoseconds: it is as late as the kernel
// wakes a thread, or, when all Ps are in use, as long as the Gs before it run. Allocates nothing. sleep_until(never) does not
// return.
void sleep_for(Duration d);
void sleep_until(TimePoint t);

}  // namespace mstart::inline v0
