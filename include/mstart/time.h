// SPDX-License-Identifier: MIT
// Clocks, and waiting for a time. Nanoseconds throughout.
#pragma once

#include <mstart/chan.h>
#include <mstart/detail/closure.h>

#include <chrono>
#include <cstddef>

namespace mstart::inline v0 {

using Duration = std::chrono::nanoseconds;

namespace detail {
long monotonic_ns();
long realtime_ns();
long monotonic_ns_in(long duration_ns);  // from now; what overflows is as late as can be
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

namespace detail {
inline TimePoint deadline_in(Duration d) { return TimePoint(Duration(monotonic_ns_in(d.count()))); }
}  // namespace detail

// Parks the G for at least d, or until t, by Clock; <= 0 or past: returns at once. In nanoseconds: it is as late as the kernel
// wakes a thread, or, when all Ps are in use, as long as the Gs before it run. Allocates nothing. sleep_until(never) does not
// return.
void sleep_for(Duration d);
void sleep_until(TimePoint t);

namespace detail {
// What handles to timers share: a channel with a timer. The handles to the channel are its count.
ChanHead* timer_make(Duration d);
ChanHead* timer_make_func(Duration d, const ClosureType& type, void* from);
ChanHead* ticker_make(Duration d);
bool timer_stop(ChanHead* timer);
bool timer_reset(ChanHead* timer, Duration d);
void ticker_reset(ChanHead* ticker, Duration d);
bool timer_has_channel(ChanHead* timer);
}  // namespace detail

// Sends the time to c() once, d from now. A handle; a default-made one is empty, to use that is fatal. It lives while a handle
// to it or to its channel does, and costs nothing once it has fired or has been stopped. Go 1.23's time.Timer.
class Timer {
 public:
  Timer() = default;
  explicit Timer(Duration d) : object_(detail::ChanAccess::adopt<Chan<TimePoint>>(detail::timer_make(d))) {}

  // Holds one value at most, is never closed, and to send to it or to close it is fatal. Null for after_func's.
  Chan<TimePoint> c() const { return detail::timer_has_channel(head()) ? object_ : Chan<TimePoint>(nullptr); }
  // After the return nothing is sent any more, and c() holds no value from before. True: it was pending, or its value had not
  // been received. after_func's: true: f will not be called for that; false: it was not pending: its G has been started, and
  // may still run, or it had been stopped.
  bool stop() const { return detail::timer_stop(head()); }
  // The same, then due d from now.
  bool reset(Duration d) const { return detail::timer_reset(head(), d); }

  bool operator==(const Timer&) const = default;  // the same timer?
  explicit operator bool() const { return static_cast<bool>(object_); }

 private:
  template <class F>
  friend Timer after_func(Duration d, F&& f);
  detail::ChanHead* head() const { return detail::ChanAccess::head(object_); }
  Chan<TimePoint> object_{nullptr};
};

// Sends the time to c() every d, the first time d from now, in step: a receiver that is late misses ticks. Else as Timer. d <=
// 0: "fatal error: non-positive interval for NewTicker". Go 1.23's time.Ticker.
class Ticker {
 public:
  Ticker() = default;
  explicit Ticker(Duration d) : object_(detail::ChanAccess::adopt<Chan<TimePoint>>(detail::ticker_make(d))) {}

  Chan<TimePoint> c() const { return detail::timer_has_channel(head()) ? object_ : Chan<TimePoint>(nullptr); }
  void stop() const { detail::timer_stop(head()); }
  void reset(Duration d) const { detail::ticker_reset(head(), d); }  // the next tick d from now; also after stop()

  bool operator==(const Ticker&) const = default;
  explicit operator bool() const { return static_cast<bool>(object_); }

 private:
  detail::ChanHead* head() const { return detail::ChanAccess::head(object_); }
  Chan<TimePoint> object_{nullptr};
};

// The channel of Timer(d). In a select, timeout(d) does the same for nothing.
inline Chan<TimePoint> after(Duration d) { return detail::ChanAccess::adopt<Chan<TimePoint>>(detail::timer_make(d)); }

// Calls f in a new G, d from now, even if the handle is dropped; again after each reset(). f is decay-copied, invoked as an
// lvalue, returns void, and is destroyed when nobody can call it any more. Null: "fatal error: go of nil func value".
template <class F>
Timer after_func(Duration d, F&& f) {
  using Fn = std::decay_t<F>;
  static_assert(std::is_void_v<std::invoke_result_t<Fn&>>, "after_func's function returns void");
  Timer timer;
  const auto make = [&](const detail::ClosureType& type, void* from) {
    timer.object_ = detail::ChanAccess::adopt<Chan<TimePoint>>(detail::timer_make_func(d, type, from));
  };
  if constexpr (std::is_function_v<std::remove_reference_t<F>>) {
    Fn pointer = f;
    make(detail::closure_type<Fn, Fn&, detail::invoke_closure_again<Fn>>, &pointer);
  } else {
    detail::check_not_nil(f);
    make(detail::closure_type<Fn, F&&, detail::invoke_closure_again<Fn>>,
         const_cast<std::remove_cv_t<std::remove_reference_t<F>>*>(std::addressof(f)));
  }
  return timer;
}

}  // namespace mstart::inline v0
