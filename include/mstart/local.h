// SPDX-License-Identifier: MIT
// What thread_local is to threads, for Gs.
#pragma once

#include <mstart/detail/ending.h>
#include <mstart/go.h>

namespace mstart::inline v0 {

// One T a G. An object, usually a global one (constinit-able); it is there at least until the last G that used it has ended.
template <class T>
class GLocal {
 public:
  constexpr GLocal() = default;
  GLocal(const GLocal&) = delete;
  GLocal& operator=(const GLocal&) = delete;

  // This G's T: made now, value-initialised, if it is the first time; destroyed when the G ends, goexit() included, the last
  // made first, before the G's function object. Main's is not: the process ends with it. Allocates the first time. The cost
  // grows with the number of GLocals that this G has used.
  T& get() {
    if (detail::Ending* there = detail::find_ending(this)) return static_cast<Value*>(there)->value;
    auto* made = ::new (detail::heap_alloc(sizeof(Value), alignof(Value))) Value;
    made->key = this;
    made->run = [](detail::Ending* ending) noexcept {
      auto* value = static_cast<Value*>(ending);
      value->~Value();
      detail::heap_free(value);
    };
    detail::push_ending(made);
    return made->value;
  }

 private:
  struct Value : detail::Ending {
    T value{};
  };
};

}  // namespace mstart::inline v0
