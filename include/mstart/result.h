// SPDX-License-Identifier: MIT
// Operating errors: what the kernel refused, as a value. An Errno is Linux's number under
// std::errc's name, an Error adds the call that failed, a Result<T> is a T or an Error, with the
// names of std::expected. Misuse of a Result is fatal.
//
// A Result is as cheap as what it replaces: a code of 0 says that there is a value, the value
// shares its place with the call's name, and it is trivial where T is: Result<size_t> comes back in
// two registers. The checks are always inline, so that they vanish behind one that the caller made.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace mstart::inline v0 {

// The same numbers on x86-64 and AArch64 (asm-generic/errno.h); errno(3). Errno{} is no error; a
// number without a name here is Errno{n}.
enum class Errno : int {
  operation_not_permitted = 1,
  no_such_file_or_directory = 2,
  no_such_process = 3,
  interrupted = 4,
  io_error = 5,
  no_such_device_or_address = 6,
  argument_list_too_long = 7,
  executable_format_error = 8,
  bad_file_descriptor = 9,
  no_child_process = 10,
  resource_unavailable_try_again = 11,
  operation_would_block = 11,
  not_enough_memory = 12,
  permission_denied = 13,
  bad_address = 14,
  device_or_resource_busy = 16,
  file_exists = 17,
  cross_device_link = 18,
  no_such_device = 19,
  not_a_directory = 20,
  is_a_directory = 21,
  invalid_argument = 22,
  too_many_files_open_in_system = 23,
  too_many_files_open = 24,
  inappropriate_io_control_operation = 25,
  text_file_busy = 26,
  file_too_large = 27,
  no_space_on_device = 28,
  invalid_seek = 29,
  read_only_file_system = 30,
  too_many_links = 31,
  broken_pipe = 32,
  argument_out_of_domain = 33,
  result_out_of_range = 34,
  resource_deadlock_would_occur = 35,
  filename_too_long = 36,
  no_lock_available = 37,
  function_not_supported = 38,
  directory_not_empty = 39,
  too_many_symbolic_link_levels = 40,
  no_message = 42,
  identifier_removed = 43,
  not_a_stream = 60,
  no_message_available = 61,
  stream_timeout = 62,
  no_stream_resources = 63,
  no_link = 67,
  protocol_error = 71,
  bad_message = 74,
  value_too_large = 75,
  illegal_byte_sequence = 84,
  not_a_socket = 88,
  destination_address_required = 89,
  message_size = 90,
  wrong_protocol_type = 91,
  no_protocol_option = 92,
  protocol_not_supported = 93,
  operation_not_supported = 95,
  not_supported = 95,
  address_family_not_supported = 97,
  address_in_use = 98,
  address_not_available = 99,
  network_down = 100,
  network_unreachable = 101,
  network_reset = 102,
  connection_aborted = 103,
  connection_reset = 104,
  no_buffer_space = 105,
  already_connected = 106,
  not_connected = 107,
  timed_out = 110,
  connection_refused = 111,
  host_unreachable = 113,
  connection_already_in_progress = 114,
  operation_in_progress = 115,
  operation_canceled = 125,
  owner_dead = 130,
  state_not_recoverable = 131,
};

// strerror(3)'s English text, which lives for ever; "Unknown error" for a number that no system
// call of these days gives. [any]
const char* message(Errno code);

// What failed, and where: {Errno::connection_refused, "connect"} prints as "connect: Connection
// refused". `call` is not copied and must live for ever, as a string literal does. [any]
struct Error {
  Errno code{};
  const char* call = "";

  constexpr bool operator==(Errno other) const { return code == other; }
};

namespace detail {

// fatal() with the error's text, or with what was wrong if it is none.
[[noreturn, gnu::cold]] void bad_result(Error error);

// Where a Result keeps what it has. Two classes, because a class with constrained special members
// does not go in registers with every compiler.
template <class T>
struct Outcome {
  template <class U>
  constexpr Outcome(std::in_place_t, U&& u) : value(std::forward<U>(u)) {}
  constexpr Outcome(Error error) : call(error.call), code(error.code) {}

  union {
    T value;
    const char* call;
  };
  Errno code{};
};

template <class T>
  requires(!std::is_trivially_copyable_v<T>)
struct Outcome<T> {
  template <class U>
  constexpr Outcome(std::in_place_t, U&& u) : value(std::forward<U>(u)) {}
  constexpr Outcome(Error error) : call(error.call), code(error.code) {}
  constexpr Outcome(const Outcome& other)
    requires std::is_copy_constructible_v<T>
  {
    construct(other);
  }
  constexpr Outcome(Outcome&& other) noexcept(std::is_nothrow_move_constructible_v<T>)
    requires std::is_move_constructible_v<T>
  {
    construct(std::move(other));
  }
  // Assignment replaces the object: an exception halfway would leave none.
  constexpr Outcome& operator=(const Outcome& other)
    requires(std::is_copy_constructible_v<T> && std::is_nothrow_move_constructible_v<T>)
  {
    return *this = Outcome(other);
  }
  constexpr Outcome& operator=(Outcome&& other) noexcept
    requires std::is_nothrow_move_constructible_v<T>
  {
    if (this == &other) return *this;
    destroy();
    construct(std::move(other));
    return *this;
  }
  constexpr ~Outcome() { destroy(); }

  union {
    T value;
    const char* call;
  };
  Errno code{};

 private:
  template <class O>
  constexpr void construct(O&& other) {
    code = other.code;
    if (code == Errno{}) {
      std::construct_at(std::addressof(value), std::forward<O>(other).value);
    } else {
      call = other.call;
    }
  }
  constexpr void destroy() {
    if (code == Errno{}) value.~T();
  }
};

}  // namespace detail

// A T or an Error; T is an object type, move-only and without a default constructor if it likes.
// value(), * and -> of an error are fatal with its text ("fatal error: connect: Connection
// refused"). So are error() of a value, and to make a Result of an Error whose code is Errno{}.
// Nothing here blocks. [any]
template <class T>
class [[nodiscard]] Result {
  static_assert(std::is_object_v<T> && !std::is_array_v<T> && !std::is_const_v<T>);
  static_assert(!std::is_same_v<T, Error>, "an Error is never a value");

 public:
  using value_type = T;

  template <class U = T>
    requires(std::is_convertible_v<U, T> && !std::is_same_v<std::remove_cvref_t<U>, Error> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result>)
  constexpr Result(U&& value) : outcome_(std::in_place, std::forward<U>(value)) {}
  [[gnu::always_inline]] constexpr Result(Error error) : outcome_(error) {
    if (ok()) detail::bad_result(error);
  }

  constexpr bool ok() const { return outcome_.code == Errno{}; }
  constexpr bool has_value() const { return ok(); }
  constexpr explicit operator bool() const { return ok(); }

  [[gnu::always_inline]] constexpr Error error() const {
    if (ok()) detail::bad_result({});
    return {outcome_.code, outcome_.call};
  }

  [[gnu::always_inline]] constexpr T& value() & { return need_value(), outcome_.value; }
  [[gnu::always_inline]] constexpr const T& value() const& { return need_value(), outcome_.value; }
  [[gnu::always_inline]] constexpr T&& value() && { return need_value(), std::move(outcome_.value); }
  [[gnu::always_inline]] constexpr const T&& value() const&& { return need_value(), std::move(outcome_.value); }
  [[gnu::always_inline]] constexpr T& operator*() & { return value(); }
  [[gnu::always_inline]] constexpr const T& operator*() const& { return value(); }
  [[gnu::always_inline]] constexpr T&& operator*() && { return std::move(*this).value(); }
  [[gnu::always_inline]] constexpr const T&& operator*() const&& { return std::move(*this).value(); }
  [[gnu::always_inline]] constexpr T* operator->() { return std::addressof(value()); }
  [[gnu::always_inline]] constexpr const T* operator->() const { return std::addressof(value()); }

  template <class U = T>
  constexpr T value_or(U&& other) const& {
    return ok() ? outcome_.value : static_cast<T>(std::forward<U>(other));
  }
  template <class U = T>
  constexpr T value_or(U&& other) && {
    return ok() ? std::move(outcome_.value) : static_cast<T>(std::forward<U>(other));
  }

 private:
  [[gnu::always_inline]] constexpr void need_value() const {
    if (!ok()) detail::bad_result({outcome_.code, outcome_.call});
  }

  detail::Outcome<T> outcome_;
};

// Done, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  constexpr Result() = default;
  [[gnu::always_inline]] constexpr Result(Error error) : error_(error) {
    if (ok()) detail::bad_result(error);
  }

  constexpr bool ok() const { return error_.code == Errno{}; }
  constexpr bool has_value() const { return ok(); }
  constexpr explicit operator bool() const { return ok(); }
  [[gnu::always_inline]] constexpr Error error() const {
    if (ok()) detail::bad_result({});
    return error_;
  }
  [[gnu::always_inline]] constexpr void value() const {
    if (!ok()) detail::bad_result(error_);
  }
  constexpr void operator*() const { value(); }

 private:
  Error error_;
};

}  // namespace mstart::inline v0
