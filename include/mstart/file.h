// SPDX-License-Identifier: MIT
// System calls by number.
#pragma once

#include <mstart/result.h>

#include <concepts>
#include <type_traits>

namespace mstart::inline v0 {

namespace detail {
Result<long> raw_syscall(long number, const long (&args)[6]);

template <class T>
long syscall_argument(T v) {
  if constexpr (std::is_pointer_v<T> || std::is_null_pointer_v<T>)
    return reinterpret_cast<long>(static_cast<const volatile void*>(v));
  else
    return static_cast<long>(v);
}
}  // namespace detail

// Makes the system call `number` (SYS_write and so on, <sys/syscall.h>) with up to six integers or pointers. [any] Blocks
// the thread for as long as the call does, and the P with it. Errors are the kernel's, with "syscall" as the call's name.
// syscall(2), but nothing is cached, restarted or translated.
template <class... A>
  requires(sizeof...(A) <= 6 &&
           ((std::integral<A> || std::is_enum_v<A> || std::is_pointer_v<A> || std::is_null_pointer_v<A>) && ...))
Result<long> raw_syscall(long number, A... args) {
  return detail::raw_syscall(number, {detail::syscall_argument(args)...});
}

}  // namespace mstart::inline v0
