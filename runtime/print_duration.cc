// SPDX-License-Identifier: MIT
// Durations as Go's Duration.String prints them: 2h45m0s, 1.5s, 300µs, 0s. Written from the end.
#include "runtime/print.h"

namespace mstart::inline v0 {

void format_value(Sink& out, const std::chrono::nanoseconds& duration) {
  constexpr uint64_t kMicrosecond = 1000, kMillisecond = 1'000'000, kSecond = 1'000'000'000;
  const int64_t count = duration.count();
  uint64_t n = count < 0 ? -static_cast<uint64_t>(count) : static_cast<uint64_t>(count);
  if (n == 0) return out.write("0s");

  char text[32];  // the longest: -2562047h47m16.854775808s
  char* const end = text + sizeof text;
  char* p = end;
  const auto put = [&](char c) { *--p = c; };
  const auto put_number = [&](uint64_t value) {
    do put(static_cast<char>('0' + value % 10));
    while ((value /= 10) != 0);
  };
  // Moves the last digits of n behind a point, if any of them is not 0.
  const auto put_fraction = [&](int digits) {
    const char* const before = p;
    for (; digits > 0; --digits, n /= 10) {
      if (p != before || n % 10 != 0) put(static_cast<char>('0' + n % 10));
    }
    if (p != before) put('.');
  };

  put('s');
  if (n >= kSecond) {
    put_fraction(9);
    put_number(n % 60);
    if (n >= 60) {
      put('m');
      put_number(n / 60 % 60);
    }
    if (n >= 3600) {
      put('h');
      put_number(n / 3600);
    }
  } else {
    if (n < kMicrosecond) {
      put('n');
    } else if (n < kMillisecond) {
      put('\xB5');
      put('\xC2');
      put_fraction(3);
    } else {
      put('m');
      put_fraction(6);
    }
    put_number(n);
  }
  if (count < 0) put('-');
  out.write({p, end});
}

}  // namespace mstart::inline v0
