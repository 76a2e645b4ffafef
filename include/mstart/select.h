// SPDX-License-Identifier: MIT
// select: the first of several things that can happen with channels.
//
//   std::optional<Job> job;
//   switch (select(recv(jobs, job), recv(stop), timeout(1s))) {
//     case 0: ...
//
// The cases are told apart by their place. Which one runs is random among those that are ready, so none starves.
#pragma once

#include <mstart/chan.h>
#include <mstart/time.h>

#include <span>

namespace mstart::inline v0 {

namespace detail {
struct SelectAccess;
}

// One of them: a view, which copies nothing. The handle to the channel, and v or out, must outlive the select (in
// `select(send(ch, 1))` they do).
class [[nodiscard]] Case {
  friend struct detail::SelectAccess;
  enum class Kind : uint8_t { kRecv, kSend, kSendCopy, kTimeout };
  constexpr Case(Kind kind, detail::ChanHead* chan, void* value) : kind_(kind), chan_(chan), value_(value) {}
  explicit constexpr Case(TimePoint deadline) : kind_(Kind::kTimeout), deadline_(deadline) {}

  Kind kind_;
  detail::ChanHead* chan_ = nullptr;  // null: never ready
  union {
    void* value_;  // recv: the std::optional, or null; send: the value
    TimePoint deadline_;
  };
};

// For these functions and the runtime: what is inside.
struct detail::SelectAccess {
  using Kind = Case::Kind;
  static constexpr Case make(Kind kind, detail::ChanHead* chan, void* value) { return {kind, chan, value}; }
  static constexpr Case make(TimePoint deadline) { return Case(deadline); }
  static Kind kind(const Case& c) { return c.kind_; }
  static detail::ChanHead* chan(const Case& c) { return c.chan_; }
  static void* value(const Case& c) { return c.value_; }
  static TimePoint deadline(const Case& c) { return c.deadline_; }
};

// Ready when a value is there, which goes to `out`, or when the channel is closed, which makes `out` empty. `out` is written
// only if this case runs; without it the value is dropped. What is dropped, and what `out` held, is destroyed under the
// channel's lock: where T's destructor parks or uses channels, contexts or timers, receive with recv() or into an empty `out`.
template <class T>
Case recv(const Chan<T>& chan, std::optional<T>& out) {
  return detail::SelectAccess::make(detail::SelectAccess::Kind::kRecv, detail::ChanAccess::head(chan), &out);
}
template <class T>
Case recv(const Chan<T>& chan) {
  return detail::SelectAccess::make(detail::SelectAccess::Kind::kRecv, detail::ChanAccess::head(chan), nullptr);
}

// Ready when v can be sent, or when the channel is closed, which is fatal. v is copied, or moved, only if this case runs. The
// copy is made under the channel's lock: it may neither throw nor park.
template <class T>
Case send(const Chan<T>& chan, const std::type_identity_t<T>& v) {
  static_assert(std::is_copy_constructible_v<T>, "this type can only be moved: send(chan, std::move(v))");
  return detail::SelectAccess::make(detail::SelectAccess::Kind::kSendCopy, detail::ChanAccess::head(chan),
                                    const_cast<T*>(std::addressof(v)));
}
template <class T>
Case send(const Chan<T>& chan, std::type_identity_t<T>&& v) {
  return detail::SelectAccess::make(detail::SelectAccess::Kind::kSend, detail::ChanAccess::head(chan),
                                    std::addressof(v));
}

// Ready when the time has come, which takes no channel and no timer of its own; at once if it is past. `never` never is. The
// earliest of several is the one.
Case timeout(TimePoint deadline);
inline Case timeout(Duration d) { return timeout(detail::deadline_in(d)); }

namespace detail {
int select(const Case* cases, size_t count, bool may_park);
}

// Parks until a case can run, runs it and returns its index. Up to 16 cases need no memory. No case, or only null channels:
// parks for ever.
inline int select(std::span<const Case> cases) { return detail::select(cases.data(), cases.size(), true); }
template <std::same_as<Case>... C>
int select(C... cases) {
  const Case all[sizeof...(C) + 1] = {cases...,
                                      detail::SelectAccess::make(detail::SelectAccess::Kind::kRecv, nullptr, nullptr)};
  return detail::select(all, sizeof...(C), true);
}

// The same, but never parks: -1 if no case could run.
inline int try_select(std::span<const Case> cases) { return detail::select(cases.data(), cases.size(), false); }
template <std::same_as<Case>... C>
int try_select(C... cases) {
  const Case all[sizeof...(C) + 1] = {cases...,
                                      detail::SelectAccess::make(detail::SelectAccess::Kind::kRecv, nullptr, nullptr)};
  return detail::select(all, sizeof...(C), false);
}

}  // namespace mstart::inline v0
