// SPDX-License-Identifier: MIT
// What AddressSanitizer and ThreadSanitizer must be told when a thread changes stacks; nothing in other builds. The one
// place where it is asked whether they are there.
//
// AddressSanitizer knows the bounds of the stack it is on and, if it looks for uses after return, keeps the frames elsewhere
// (the "fake stack"). Both are changed by a pair of calls, before the switch and after it. Whoever leaves a stack for good,
// as g0's functions do at each switch to a G, and a G at its end, leaves marks around the variables of frames that never
// return; they are wiped out (__asan_handle_no_return), or the next functions there would run into them.
//
// ThreadSanitizer has a "fiber" for each stack. A switch orders all that was done on the one before all that is done on
// the other, as it is for a G and its M's g0, which are the same thread. Two Gs that run on one M, one after the other, are
// therefore ordered for it though the language does not say so; a race is seen when they run on two. It counts calls and
// returns on each fiber, and g0's functions never return: so the core is compiled without that (meson.build).
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define MSTART_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define MSTART_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MSTART_ASAN 1
#elif __has_feature(thread_sanitizer)
#define MSTART_TSAN 1
#endif
#endif

#if defined(MSTART_ASAN)
extern "C" {  // <sanitizer/asan_interface.h>, <sanitizer/common_interface_defs.h>
void __asan_handle_no_return();
void __sanitizer_start_switch_fiber(void** fake_stack_save, const void* bottom, size_t size);
void __sanitizer_finish_switch_fiber(void* fake_stack_save, const void** bottom_old, size_t* size_old);
}

namespace mstart::runtime {

inline constexpr bool kFibers = true;

struct Fiber {
  void* fake_stack = nullptr;
  const void* bottom = nullptr;
  size_t size = 0;
};
[[gnu::always_inline]] inline void fiber_begin(Fiber& g, const char* lo, const char* hi) {
  g = {nullptr, lo, static_cast<size_t>(hi - lo)};
}
[[gnu::always_inline]] inline void fiber_adopt(Fiber&) {}
[[gnu::always_inline]] inline void fiber_drop(Fiber&) {}
[[gnu::always_inline]] inline void fiber_leave(Fiber& from, const Fiber& to) {
  __sanitizer_start_switch_fiber(&from.fake_stack, to.bottom, to.size);
}
[[gnu::always_inline]] inline void fiber_leave_for_good(Fiber&, const Fiber& to) {
  __asan_handle_no_return();
  __sanitizer_start_switch_fiber(nullptr, to.bottom, to.size);
}
[[gnu::always_inline]] inline void fiber_restart(Fiber& from, const Fiber& to) {
  __asan_handle_no_return();
  fiber_leave(from, to);
}
[[gnu::always_inline]] inline void fiber_arrive(const Fiber& self, Fiber* from) {
  if (from != nullptr)
    __sanitizer_finish_switch_fiber(self.fake_stack, &from->bottom, &from->size);
  else
    __sanitizer_finish_switch_fiber(self.fake_stack, nullptr, nullptr);
}

}  // namespace mstart::runtime

#elif defined(MSTART_TSAN)
extern "C" {  // <sanitizer/tsan_interface.h>
void* __tsan_create_fiber(unsigned flags);
void* __tsan_get_current_fiber();
void __tsan_switch_to_fiber(void* fiber, unsigned flags);
void __tsan_destroy_fiber(void* fiber);
}

namespace mstart::runtime {

inline constexpr bool kFibers = true;

struct Fiber {
  void* fiber = nullptr;
};
[[gnu::always_inline]] inline void fiber_begin(Fiber& g, const char*, const char*) { g.fiber = __tsan_create_fiber(0); }
[[gnu::always_inline]] inline void fiber_adopt(Fiber& g0) { g0.fiber = __tsan_get_current_fiber(); }
[[gnu::always_inline]] inline void fiber_drop(Fiber& g) {
  __tsan_destroy_fiber(g.fiber);
  g.fiber = nullptr;
}
[[gnu::always_inline]] inline void fiber_leave(Fiber&, const Fiber& to) { __tsan_switch_to_fiber(to.fiber, 0); }
[[gnu::always_inline]] inline void fiber_leave_for_good(Fiber&, const Fiber& to) {
  __tsan_switch_to_fiber(to.fiber, 0);
}
[[gnu::always_inline]] inline void fiber_restart(Fiber&, const Fiber& to) { __tsan_switch_to_fiber(to.fiber, 0); }
[[gnu::always_inline]] inline void fiber_arrive(const Fiber&, Fiber*) {}

}  // namespace mstart::runtime

#else

namespace mstart::runtime {

inline constexpr bool kFibers = false;  // there is somebody to tell

struct Fiber {};
[[gnu::always_inline]] inline void fiber_begin(Fiber&, const char*, const char*) {}  // a G has a stack now
[[gnu::always_inline]] inline void fiber_adopt(Fiber&) {}                            // g0, on its thread
[[gnu::always_inline]] inline void fiber_drop(Fiber&) {}                             // the G has ended; on g0
[[gnu::always_inline]] inline void fiber_leave(Fiber&, const Fiber&) {
}  // right before the switch from the one to the other
[[gnu::always_inline]] inline void fiber_leave_for_good(Fiber&, const Fiber&) {}  // the same, by a G that ends
[[gnu::always_inline]] inline void fiber_restart(Fiber&, const Fiber&) {
}  // the same, by g0, which begins afresh the next time
[[gnu::always_inline]] inline void fiber_arrive(const Fiber&, Fiber*) {}  // right after it; where from, if that is g0

}  // namespace mstart::runtime

#endif
