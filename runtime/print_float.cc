// SPDX-License-Identifier: MIT
// double and float. {fmt}'s Dragonbox finds the shortest text that reads back as the same number.
// With a precision the number is written out exactly (a double has up to 309 digits before the
// point and 1074 behind it) and rounded half to even, as glibc does: {fmt}'s own way to do that
// allocates.
#include <algorithm>
#include <bit>

#include "runtime/fmt.h"
#include "runtime/print.h"

namespace mstart::inline v0::detail {
namespace {

constexpr int kBefore = 310, kBehind = 1074;  // digits; one more before the point, for a carry
constexpr int kStep = 60;                     // bits: ten times 2^60 still is a uint64_t

// 0.ddd * 10^point, without zeros at either end; `first` has room for a carry before it.
struct Decimal {
  char* first;
  char* last;
  int point;

  int count() const { return static_cast<int>(last - first); }

  void trim() {
    while (first != last && *first == '0') ++first, --point;
    while (first != last && last[-1] == '0') --last;
    if (first == last) point = 1;
  }

  void round(int digits) {
    if (digits >= count()) return;
    if (digits < 0) {
      last = first;
    } else {
      const char* const cut = first + digits;
      const bool tie = *cut == '5' && cut + 1 == last;
      const bool up = tie ? digits > 0 && (cut[-1] & 1) != 0 : *cut >= '5';
      last = first + digits;
      if (up) {
        while (last != first && last[-1] == '9') --last;
        if (last == first) {
          *--first = '0';
          ++point;
        }
        ++last[-1];
      }
    }
    trim();
  }
};

using Shortest = Decimal(double value, char* buffer);
template <class F>
Decimal shortest(double value, char* buffer) {
  const auto decimal = fmt::detail::dragonbox::to_decimal(static_cast<F>(value));
  const auto digits = fmt::detail::format_decimal(buffer + 1, decimal.significand, 20);
  return {digits.begin, digits.end, static_cast<int>(digits.end - digits.begin) + decimal.exponent};
}

// Multiplies or divides a string of digits by powers of two, as on paper: multiplication starts
// with the last digit, division with the first.
Decimal exact(double value, char* buffer) {
  const auto bits = std::bit_cast<uint64_t>(value);
  int exponent = static_cast<int>(bits >> 52 & 0x7FF);
  uint64_t significand = bits << 12 >> 12;
  if (exponent != 0) significand |= uint64_t{1} << 52;
  exponent = std::max(exponent, 1) - 1075;

  char* const point = buffer + kBefore;
  char* first = point;
  char* last = point;
  const auto prepend = [&](uint64_t n) {
    for (; n != 0; n /= 10) *--first = static_cast<char>(n % 10);
  };
  prepend(significand);
  for (int k; exponent > 0; exponent -= k) {
    k = std::min(exponent, kStep);
    uint64_t carry = 0;
    for (char* p = last; p-- != first; carry /= 10) {
      carry += static_cast<uint64_t>(*p) << k;
      *p = static_cast<char>(carry % 10);
    }
    prepend(carry);
  }
  for (int k; exponent < 0; exponent += k) {
    k = std::min(-exponent, kStep);
    uint64_t rest = 0;
    for (char* p = first; p != last || rest != 0; ++p) {
      if (p == last) *last++ = 0;
      rest = rest * 10 + static_cast<uint64_t>(*p);
      *p = static_cast<char>(rest >> k);
      rest &= (uint64_t{1} << k) - 1;
    }
  }
  for (char* p = first; p != last; ++p) *p = static_cast<char>(*p + '0');
  return {first, last, static_cast<int>(point - first)};
}

// The digits from `from` to `to`, and zeros where there are none.
void write_digits(Sink& out, const Decimal& d, int from, int to) {
  for (int i = from; i < to; ++i) out.write(i >= 0 && i < d.count() ? std::string_view(d.first + i, 1) : "0");
}

void write_exponent(Sink& out, int exponent, char e) {
  const char text[] = {e, exponent < 0 ? '-' : '+'};
  out.write({text, 2});
  const unsigned n = exponent < 0 ? -exponent : exponent;
  if (n < 10) out.write("0");
  write_integer(out, n, '\0', {});
}

size_t write_float(Sink& out, double value, Spec& spec, Shortest* shortest) {
  const bool upper = spec.type != '\0' && spec.type < 'a';
  const char type = static_cast<char>(spec.type | 0x20);
  const char sign = std::signbit(value) ? '-' : spec.sign;
  const size_t head = sign != '\0';
  out.write({&sign, head});
  if (!std::isfinite(value)) {
    if (spec.align == '=') spec.align = '>', spec.fill = ' ';
    out.write(std::isnan(value) ? (upper ? "NAN" : "nan") : (upper ? "INF" : "inf"));
    return head;
  }

  char buffer[kBefore + kBehind];
  const bool is_shortest = spec.type == '\0' && spec.precision < 0;
  Decimal d = is_shortest ? shortest(std::abs(value), buffer) : exact(value, buffer);
  d.trim();
  const bool fixed = type == 'f', general = !fixed && type != 'e';
  int precision = spec.precision >= 0 ? spec.precision : is_shortest ? 16 : 6;
  if (general) precision = std::max(precision, 1);
  if (!is_shortest) d.round(fixed ? d.point + precision : general ? precision : precision + 1);
  const int exponent = d.point - 1;
  const bool scientific = !fixed && (!general || exponent < -4 || exponent >= precision);
  const int point = scientific ? 1 : d.point;
  const int behind = general ? std::max(d.count() - point, 0) : precision;
  write_digits(out, d, std::min(point - 1, 0), point);
  if (behind > 0) out.write(".");
  write_digits(out, d, point, point + behind);
  if (scientific) write_exponent(out, exponent, upper ? 'E' : 'e');
  return head;
}

}  // namespace

size_t render_double(Sink& out, uint64_t value, Spec& spec) {
  return write_float(out, std::bit_cast<double>(value), spec, shortest<double>);
}

size_t render_float(Sink& out, uint64_t value, Spec& spec) {
  return write_float(out, std::bit_cast<float>(static_cast<uint32_t>(value)), spec, shortest<float>);
}

}  // namespace mstart::inline v0::detail
