// SPDX-License-Identifier: MIT
// Function objects of any type, as the runtime sees them.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <new>
#include <type_traits>
#include <utility>

namespace mstart::inline v0::detail {

// construct: copies or moves `from` to `to`; destroy: null if there is nothing to do.
struct ClosureType {
  uint32_t size, align;
  void (*construct)(void* to, void* from) noexcept;
  void (*invoke)(void* self) noexcept;
  void (*destroy)(void* self) noexcept;
};

[[noreturn]] void go_of_nil();

template <class F>
concept NullableCallable = std::is_pointer_v<F> || std::is_member_pointer_v<F> || requires(const F& f) {
  { f.operator bool() } -> std::same_as<bool>;
};

template <class F>
void check_not_nil(const F& f) {
  if constexpr (NullableCallable<F>) {
    if (!f) go_of_nil();
  }
}

template <class Fn, class F>
void construct_closure(void* to, void* from) noexcept {
  ::new (to) Fn(static_cast<F&&>(*static_cast<std::remove_reference_t<F>*>(from)));
}
template <class Fn>
void invoke_closure_once(void* self) noexcept {
  std::invoke(std::move(*static_cast<Fn*>(self)));
}
template <class Fn>
void invoke_closure_again(void* self) noexcept {
  std::invoke(*static_cast<Fn*>(self));
}
template <class Fn>
void destroy_closure(void* self) noexcept {
  static_cast<Fn*>(self)->~Fn();
}
template <class Fn, class F, void (*kInvoke)(void*) noexcept>
inline constexpr ClosureType closure_type{sizeof(Fn), alignof(Fn), construct_closure<Fn, F>, kInvoke,
                                          std::is_trivially_destructible_v<Fn> ? nullptr : destroy_closure<Fn>};

}  // namespace mstart::inline v0::detail
