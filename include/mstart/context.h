// SPDX-License-Identifier: MIT
// Contexts: what a request's Gs are told when nobody wants its result any more, because somebody cancelled it or its time is
// over (Go's package context, without values).
//
//   Context request = parent.with_timeout(2s);
//   go([=] { ... select(recv(request.done()), ...) ... });
#pragma once

#include <mstart/chan.h>
#include <mstart/result.h>
#include <mstart/time.h>

namespace mstart::inline v0 {

// A handle. Contexts are a tree: one ends when it is cancelled, when its deadline has passed, or when its parent ends,
// whichever is first. It ends once. Handles that are dropped end nothing; one that nobody can see any more is freed, with
// its timer. Default-made it is background(), which never ends.
class Context {
 public:
  Context() = default;
  static Context background() { return {}; }

  // Children. They do not park. A deadline that is past makes one that has ended; one behind the parent's changes nothing.
  Context with_cancel() const { return with_deadline(never); }
  Context with_timeout(Duration d) const { return with_deadline(detail::deadline_in(d)); }
  Context with_deadline(TimePoint deadline) const;

  // Ends it and all below it, with operation_canceled. Again: nothing. Of background(): fatal. Does not park.
  void cancel() const;

  // Closed when it has ended; null for background(). To send to it or close it is fatal.
  Chan<Unit> done() const { return done_; }
  // Errno{} as long as done() is not closed; then operation_canceled or timed_out.
  Errno err() const;
  // When it ends at the latest; never: no such time.
  TimePoint deadline() const;

  bool operator==(const Context&) const = default;                     // the same context?
  explicit operator bool() const { return static_cast<bool>(done_); }  // not background()?

 private:
  Chan<Unit> done_{nullptr};  // the context is what this channel is part of
};

}  // namespace mstart::inline v0
