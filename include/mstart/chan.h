// SPDX-License-Identifier: MIT
// Channels: values from G to G, in order. A facade of casts over an untyped core (runtime/chan.cc), so that a program carries
// the core once and of each element type four small functions.
//
// Capacity 0: a send waits for its receiver and the value goes from the one's stack to the other's. Otherwise up to `capacity`
// values wait in the channel. Whoever waits, on either side, is served first come first. A send happens before the receive that
// gets its value returns; a receive happens before the send that takes its place returns; close() happens before a receive
// that tells of it returns.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace mstart::inline v0 {

// What a channel carries that only signals.
struct Unit {
  bool operator==(const Unit&) const = default;
};

namespace detail {

// What the core knows of an element type. All are called under the channel's lock; none throws or parks.
//   slot   raw memory in the channel's buffer
//   out    a std::optional<T>; null: nobody wants the value
//   value  a sender's T, which is moved from, or copied
struct ElementType {
  size_t stride;  // between slots: 0 for types without contents
  size_t align;
  void (*fill)(void* slot, void* value, bool copy) noexcept;
  void (*give)(void* out, void* value, bool copy) noexcept;
  void (*take)(void* out, void* slot) noexcept;  // leaves raw memory
  void (*none)(void* out) noexcept;
};

// The part of a channel that handles see.
struct ChanHead {
  std::atomic<uint32_t> handles{1};
};

// For what has channels in it (select, timers, contexts).
struct ChanAccess {
  template <class C>
  static ChanHead* head(const C& chan) {
    return chan.chan_;
  }
  // A handle made of a count that the caller has.
  template <class C>
  static C adopt(ChanHead* head) {
    C chan(nullptr);
    chan.chan_ = head;
    return chan;
  }
};

ChanHead* chan_make(const ElementType& type, size_t capacity);
void chan_free(ChanHead* chan);  // the last handle is gone
void chan_send(ChanHead* chan, void* value);
void chan_recv(ChanHead* chan, void* out);
bool chan_try_send(ChanHead* chan, void* value, bool copy);
bool chan_try_recv(ChanHead* chan, void* out);
void chan_close(ChanHead* chan);
size_t chan_size(const ChanHead* chan);
size_t chan_capacity(const ChanHead* chan);

template <class T>
struct Element {
  static_assert(std::is_object_v<T> && !std::is_array_v<T> && !std::is_const_v<T>, "a Chan carries objects");
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>,
                "elements are moved under the channel's lock: a move may neither throw nor park");

  template <class Construct>
  static void transfer(void* value, [[maybe_unused]] bool copy, Construct construct) {
    T& from = *static_cast<T*>(value);
    if constexpr (std::is_copy_constructible_v<T>) {
      if (copy) return construct(std::as_const(from));
    }
    construct(std::move(from));
  }
  static void fill(void* slot, void* value, bool copy) noexcept {
    transfer(value, copy, [&](auto&& from) { ::new (slot) T(static_cast<decltype(from)>(from)); });
  }
  static void give(void* out, void* value, bool copy) noexcept {
    if (out == nullptr) return;
    transfer(value, copy,
             [&](auto&& from) { static_cast<std::optional<T>*>(out)->emplace(static_cast<decltype(from)>(from)); });
  }
  static void take(void* out, void* slot) noexcept {
    T& from = *static_cast<T*>(slot);
    if (out != nullptr) static_cast<std::optional<T>*>(out)->emplace(std::move(from));
    from.~T();
  }
  static void none(void* out) noexcept {
    if (out != nullptr) static_cast<std::optional<T>*>(out)->reset();
  }
  static constexpr ElementType kType{std::is_empty_v<T> ? 0 : sizeof(T), alignof(T), fill, give, take, none};
};

// A negative one becomes larger than all that can be had.
constexpr size_t chan_capacity_of(std::integral auto n) {
  return n < decltype(n){} ? SIZE_MAX : static_cast<size_t>(n);
}

}  // namespace detail

// A handle to a channel; the channel lives while a handle to it does. A null one (`Chan<T>(nullptr)`, moved-from) is Go's nil
// channel: to send to it or receive from it parks for ever. The last handle dropped while a G waits is fatal. T may be
// move-only; its move must neither throw nor park. The destructor of what was moved from runs under the channel's lock too:
// there it may neither park nor use channels. A channel in its own buffer is never freed.
template <class T>
class Chan {
 public:
  using value_type = T;
  class Iterator;

  Chan() : chan_(detail::chan_make(detail::Element<T>::kType, 0)) {}
  // Below 0, or more than memory can hold: fatal.
  explicit Chan(std::integral auto capacity)
      : chan_(detail::chan_make(detail::Element<T>::kType, detail::chan_capacity_of(capacity))) {}
  constexpr Chan(std::nullptr_t) {}
  Chan(const Chan& other) noexcept : chan_(other.chan_) {
    if (chan_ != nullptr) chan_->handles.fetch_add(1, std::memory_order_relaxed);
  }
  constexpr Chan(Chan&& other) noexcept : chan_(std::exchange(other.chan_, nullptr)) {}
  Chan& operator=(Chan other) noexcept {
    std::swap(chan_, other.chan_);
    return *this;
  }
  constexpr ~Chan() {
    // acq_rel: whoever frees it has seen all that was done with it.
    if (chan_ != nullptr && chan_->handles.fetch_sub(1, std::memory_order_acq_rel) == 1) detail::chan_free(chan_);
  }

  // Parks until a receiver or a place in the buffer takes v. Closed, or closed meanwhile: "fatal error: send on closed
  // channel".
  void send(T v) const { detail::chan_send(chan_, std::addressof(v)); }

  // Parks until there is a value. nullopt: closed, and everything that was sent has been received.
  std::optional<T> recv() const {
    std::optional<T> out;
    detail::chan_recv(chan_, &out);
    return out;
  }

  // Never parks. False: send() would park; v is untouched. Closed: fatal. A copy is made under the channel's lock: as a move,
  // it may neither throw nor park.
  [[nodiscard]] bool try_send(const T& v) const {
    static_assert(std::is_copy_constructible_v<T>, "this type can only be moved: try_send(std::move(v))");
    return detail::chan_try_send(chan_, const_cast<T*>(std::addressof(v)), true);
  }
  [[nodiscard]] bool try_send(T&& v) const { return detail::chan_try_send(chan_, std::addressof(v), false); }

  // Never parks. True: out is what recv() would return; false: recv() would park, and out is untouched.
  [[nodiscard]] bool try_recv(std::optional<T>& out) const {
    std::optional<T> got;  // what `out` holds is not destroyed under the lock
    if (!detail::chan_try_recv(chan_, &got)) return false;
    out.reset();
    if (got) out.emplace(std::move(*got));
    return true;
  }

  // No more will be sent: receivers get what is buffered, then nullopt. Twice, or null: fatal. Does not park.
  void close() const { detail::chan_close(chan_); }

  size_t size() const { return detail::chan_size(chan_); }          // values in the buffer now
  size_t capacity() const { return detail::chan_capacity(chan_); }  // both are 0 of a null one

  // for (T v : ch): receives until the channel is closed and drained.
  Iterator begin() const { return Iterator(*this); }
  std::default_sentinel_t end() const { return {}; }

  bool operator==(const Chan&) const = default;  // the same channel?
  explicit operator bool() const { return chan_ != nullptr; }

 private:
  friend struct detail::ChanAccess;
  detail::ChanHead* chan_ = nullptr;
};

// An input iterator: ++ receives. *it is T&&, so move-only elements can be moved out of it.
template <class T>
class Chan<T>::Iterator {
 public:
  using value_type = T;
  using difference_type = std::ptrdiff_t;

  explicit Iterator(const Chan& chan) : chan_(&chan), value_(chan.recv()) {}
  T&& operator*() const { return std::move(*value_); }
  Iterator& operator++() {
    value_.reset();
    detail::chan_recv(chan_->chan_, &value_);
    return *this;
  }
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const { return !value_.has_value(); }

 private:
  const Chan* chan_;
  mutable std::optional<T> value_;
};

}  // namespace mstart::inline v0
