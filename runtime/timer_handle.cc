// SPDX-License-Identifier: MIT
// Timer, Ticker, after and after_func: a channel for one value and a runtime timer in one block (Go 1.23's time package).
//
// The handles to the channel are the block's count, a Timer being one of them. A timer that is pending does not count, but for
// after_func's, whose function is called even if all handles are gone: from start() until it has been called, or stopped,
// there is one handle more, which the new G drops at its end. So a pending timer's block is freed with the last handle, and
// that stops it first.
//
// No stale value: stop() and reset() take what the channel holds out of it, when the timer's function does not run any more. Go
// makes the channel look unbuffered for that; here it may hold one value, and size() tells.
#include <mstart/time.h>

#include <new>

#include "runtime/chan.h"
#include "runtime/heap.h"
#include "runtime/sched.h"
#include "runtime/timer.h"

namespace mstart::runtime {
namespace {

using detail::ClosureType;

struct TimerObject : Channel, Timer {
  TimerObject(Timer::Function is_due, const ClosureType* closure_type)
      : Channel(detail::Element<TimePoint>::kType, 1, slot_), Timer(is_due), function(closure_type) {
    Channel::free = free_object;
    for_users = false;
  }
  static void free_object(Channel* chan);

  // after_func's f, behind the object.
  void* closure() {
    const auto end = reinterpret_cast<uintptr_t>(this + 1);
    return reinterpret_cast<void*>((end + function->align - 1) & -uintptr_t{function->align});
  }
  static size_t bytes(const ClosureType* type) {
    return sizeof(TimerObject) + (type != nullptr ? size_t{type->size} + type->align : 0);
  }
  void add_handle() { handles.fetch_add(1, std::memory_order_relaxed); }
  void drop_handle() {
    if (handles.fetch_sub(1, std::memory_order_acq_rel) == 1) free_object(this);
  }

  const ClosureType* const function;  // null: it has a channel
  // A Ticker's. Several may reset it at once; one of them is the last.
  std::atomic<int64_t> period{0}, next{0};

 private:
  alignas(TimePoint) char slot_[sizeof(TimePoint)];
};

TimerObject* object(detail::ChanHead* head) {
  check(head != nullptr, "an empty Timer or Ticker was used");
  return static_cast<TimerObject*>(channel(head));
}

void TimerObject::free_object(Channel* chan) {
  auto* t = static_cast<TimerObject*>(chan);
  if (t->function == nullptr)
    t->stop();
  else if (t->function->destroy != nullptr)  // not pending: that would count; and function_due is done with it
    t->function->destroy(t->closure());
  t->~TimerObject();
  runtime::heap_free(t);
}

// ---- on g0: the timer is due ----

void send_time(TimerObject* t, int64_t now) {
  TimePoint time{Duration(now)};
  G* wake = nullptr;
  t->lock.lock();
  (void)t->try_send(&time, true, &wake);  // full: the receiver is late, and misses it
  t->lock.unlock();
  if (wake != nullptr) ready(wake);
}

void timer_due(Timer* self, int64_t now) { send_time(static_cast<TimerObject*>(self), now); }

// In step with the first tick; those that are past already are missed. Started before the value is sent: the receiver may
// drop the last handle at once, and stop() must find the timer pending, or this function running.
void ticker_due(Timer* self, int64_t now) {
  auto* t = static_cast<TimerObject*>(self);
  const int64_t period = t->period.load(std::memory_order_relaxed);
  const int64_t due = t->next.load(std::memory_order_relaxed);
  const int64_t missed = now > due ? (now - due) / period : 0;
  int64_t next;
  if (__builtin_mul_overflow(missed + 1, period, &next) || __builtin_add_overflow(due, next, &next)) next = kNever - 1;
  t->next.store(next, std::memory_order_relaxed);
  t->start(next);
  send_time(t, now);
}

// f's G: its closure is the handle that start() has counted.
struct CallFunction {
  TimerObject* timer;
};
constexpr ClosureType kCallFunction{
    sizeof(CallFunction), alignof(CallFunction),
    [](void* to, void* from) noexcept { new (to) CallFunction(*static_cast<CallFunction*>(from)); },
    [](void* self) noexcept {
      TimerObject* t = static_cast<CallFunction*>(self)->timer;
      t->function->invoke(t->closure());
    },
    [](void* self) noexcept { static_cast<CallFunction*>(self)->timer->drop_handle(); }};

void function_due(Timer* self, int64_t) {
  CallFunction call{static_cast<TimerObject*>(self)};
  newproc_on_g0(kCallFunction, &call);
}

// ---- on a G ----

// By the clock of the bubble that it was made in.
void check_same_bubble(const TimerObject* t) {
  if (t->bubble != current_bubble()) [[unlikely]]
    check_in_bubble(t->bubble, BubbleUse::kTimer);
}

TimerObject* make(Timer::Function is_due, const ClosureType* type = nullptr) {
  user_g();
  return new (detail::heap_alloc(TimerObject::bytes(type), alignof(TimerObject))) TimerObject(is_due, type);
}

// What the channel holds is of no use any more. True: there was something.
bool drain(TimerObject* t) {
  G* nobody = nullptr;
  t->lock.lock();
  const bool held = t->try_recv(nullptr, &nobody) == Attempt::kDone;
  t->lock.unlock();
  return held;
}

bool stop_object(TimerObject* t) {
  const bool was_pending = t->stop();
  if (t->function == nullptr) return drain(t) || was_pending;
  if (was_pending) t->drop_handle();
  return was_pending;
}

}  // namespace

// For a bubble whose Gs are all blocked, or have ended; under its lock.
bool is_unwanted_ticker(const Timer* t) {
  return t->calls(ticker_due) && static_cast<const TimerObject*>(t)->receivers.empty();
}
Channel* handle_of_pending(const Timer* t) {
  return t->calls(function_due) ? static_cast<TimerObject*>(const_cast<Timer*>(t)) : nullptr;
}

}  // namespace mstart::runtime

namespace mstart::inline v0::detail {

using namespace runtime;

ChanHead* timer_make(Duration d) {
  TimerObject* t = make(timer_due);
  t->start(time_after(d.count()));
  return t;
}

ChanHead* timer_make_func(Duration d, const ClosureType& type, void* from) {
  TimerObject* t = make(function_due, &type);
  type.construct(t->closure(), from);
  timer_reset(t, d);
  return t;
}

ChanHead* ticker_make(Duration d) {
  check(d > Duration::zero(), "non-positive interval for NewTicker");
  TimerObject* t = make(ticker_due);
  ticker_reset(t, d);
  return t;
}

bool timer_stop(ChanHead* timer) {
  object(timer)->check_inside(BubbleUse::kTimer);
  return stop_object(object(timer));
}

bool timer_reset(ChanHead* timer, Duration d) {
  TimerObject* t = object(timer);
  user_g();
  check_same_bubble(t);
  const bool was_pending = stop_object(t);
  if (t->function != nullptr) t->add_handle();
  // Somebody else may have started it again since.
  if (t->start(time_after(d.count())) && t->function != nullptr) t->drop_handle();
  return was_pending;
}

void ticker_reset(ChanHead* ticker, Duration d) {
  check(d > Duration::zero(), "non-positive interval for Ticker.Reset");
  TimerObject* t = object(ticker);
  user_g();
  check_same_bubble(t);
  stop_object(t);
  const int64_t next = time_after(d.count());
  t->period.store(d.count(), std::memory_order_relaxed);
  t->next.store(next, std::memory_order_relaxed);
  t->start(next);
}

bool timer_has_channel(ChanHead* timer) { return object(timer)->function == nullptr; }

}  // namespace mstart::inline v0::detail
