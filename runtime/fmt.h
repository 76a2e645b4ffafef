// SPDX-License-Identifier: MIT
// {fmt} 9.1's algorithms without libc: all inline, no exceptions, no locale, no assertions. In a
// namespace of their own, so that the linker does not take them for those of a program that uses
// {fmt} as it is.
#pragma once

#define FMT_ASSERT(condition, message) ((void)0)
#define FMT_EXCEPTIONS 0
#define FMT_THROW(x) __builtin_trap()
#define FMT_STATIC_THOUSANDS_SEPARATOR ','
#define FMT_BEGIN_NAMESPACE \
  namespace fmt {           \
  inline namespace mstart {
#define FMT_END_NAMESPACE \
  }                       \
  }
#include <fmt/format.h>

// FMT_HEADER_ONLY would also define ~format_error, and with it a vtable that needs libstdc++. Only
// that definition asks for FMT_MSC_VERSION here.
#undef FMT_FUNC
#define FMT_FUNC inline
#undef FMT_MSC_VERSION
#define FMT_MSC_VERSION 1
#include <fmt/format-inl.h>
