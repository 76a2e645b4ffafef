// SPDX-License-Identifier: MIT
// Formatted output, with the format strings of {fmt} and std::format.
//
//   print("{} is {:.3f}, {:>8}|{:08x}\n", name, 3.14159, "right", 48879);
//
// A field is {} or {:[[fill]align][sign][#][0][width][.precision][type]}; {{ and }} are braces. The
// compiler parses the fields and checks them against the arguments. The library knows no argument's
// type: each is a word and the function that renders it, so a program carries the code for the
// types that it prints, and a call costs three stores an argument.
//
//   type                 [type]       align   also
//   integers             d x X b o    right   sign: + or space; #: 0x or 0b; 0: zeros behind both
//   bool, char           the same     left    without a type: true, false; the character
//   double, float        f e g F E G  right   sign, 0, .precision; {}: the shortest that reads back
//   strings              s            left    .precision: at most so many characters
//   void*, nullptr       p            right
//   Duration                          left    as Go does: 2h45m0s, 1.5s, 300µs
//   Errno, Error                      left    Connection refused; connect: Connection refused
//   X with format_value               left    `void format_value(Sink& out, const X& x)` beside X
//
// Width is counted in characters of UTF-8. What {fmt} has besides: argument numbers, a width from
// an argument, # for other types. 0 does nothing beside an alignment, as in std::format.
#pragma once

#include <mstart/result.h>

#include <bit>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

namespace mstart::inline v0 {

class Sink;

namespace detail {

// What stands between the braces of a field, with the type's own alignment filled in.
struct Spec {
  char fill = ' ';
  char align = '\0';  // < > ^, or = for zeros behind the head, which is sign and prefix
  char sign = '\0';   // + or space: what stands before a number that is not negative
  char type = '\0';
  uint16_t width = 0;
  int16_t precision = kNone;

  static constexpr int16_t kNone = -1;
  static constexpr int16_t kPrefix = -2;  // 0x or 0b, of integers: they have no precision
};

// Writes a value without fill; returns the bytes of its head. May change how it will be filled.
using Render = size_t(Sink& out, uint64_t value, Spec& spec);
struct Argument {
  uint64_t value;  // of an integer or a float, as bits; of anything else the address
  Render* render;
  uint64_t spec;
};
using Arguments = std::initializer_list<Argument>;

Render render_signed, render_unsigned, render_bool, render_char, render_double, render_float, render_c_string,
    render_string_view;

void vformat(Sink& out, std::string_view format, Arguments arguments);
void vprint(int fd, std::string_view format, Arguments arguments);

}  // namespace detail

// Where formatted text goes: memory of a fixed size. What does not fit is dropped, but counted. [any]
class Sink {
 public:
  explicit Sink(std::span<char> buffer) : data_(buffer.data()), capacity_(buffer.size()) {}
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  void write(std::string_view text);
  // What fitted.
  std::string_view text() const { return {data_, size_ < capacity_ ? size_ : capacity_}; }
  // Bytes written, with those that did not fit.
  size_t size() const { return size_; }

 private:
  friend void detail::vformat(Sink& out, std::string_view format, detail::Arguments arguments);
  void insert(size_t at, size_t count, char c);

  char* const data_;
  const size_t capacity_;
  size_t size_ = 0;
  size_t characters_ = 0;
};

void format_value(Sink& out, const std::chrono::nanoseconds& duration);
void format_value(Sink& out, const Errno& code);
void format_value(Sink& out, const Error& error);

namespace detail {

enum class Kind { kInteger, kBool, kChar, kFloat, kString, kPointer, kValue };

template <class X, class... Y>
concept OneOf = (std::is_same_v<X, Y> || ...);
template <class X>
concept Formattable = requires(Sink& out, const X& x) { format_value(out, x); };
template <class X>
concept StringLike = std::is_convertible_v<const X&, std::string_view>;

template <class X>
consteval Kind kind_of() {
  if constexpr (OneOf<X, bool>)
    return Kind::kBool;
  else if constexpr (OneOf<X, char>)
    return Kind::kChar;
  else if constexpr (OneOf<X, float, double>)
    return Kind::kFloat;
  else if constexpr (OneOf<X, std::nullptr_t, void*, const void*>)
    return Kind::kPointer;
  else if constexpr (std::integral<X> && sizeof(X) <= sizeof(uint64_t) &&
                     !OneOf<X, wchar_t, char8_t, char16_t, char32_t>)
    return Kind::kInteger;
  else if constexpr (Formattable<X>)
    return Kind::kValue;
  else if constexpr (StringLike<X>)
    return Kind::kString;
  else {
    static_assert(!std::is_pointer_v<X>, "of pointers only void* and char* can be printed: cast it to const void*");
    static_assert(std::is_pointer_v<X>,
                  "this type cannot be printed: it has no `void format_value(mstart::Sink&, const X&)`");
  }
}

template <class X>
size_t render_value(Sink& out, uint64_t value, Spec&) noexcept {
  format_value(out, *reinterpret_cast<const X*>(value));
  return 0;
}
template <class X>
size_t render_string(Sink& out, uint64_t value, Spec& spec) noexcept {
  const std::string_view text = *reinterpret_cast<const X*>(value);
  return render_string_view(out, reinterpret_cast<uintptr_t>(&text), spec);
}

template <class X>
Argument argument(const X& x, uint64_t spec) {
  constexpr Kind kind = kind_of<X>();
  const auto address = [](const void* p) { return reinterpret_cast<uintptr_t>(p); };
  if constexpr (kind == Kind::kInteger && std::is_signed_v<X>)
    return {static_cast<uint64_t>(x), render_signed, spec};
  else if constexpr (kind == Kind::kInteger)
    return {x, render_unsigned, spec};
  else if constexpr (kind == Kind::kBool)
    return {x, render_bool, spec};
  else if constexpr (kind == Kind::kChar)
    return {static_cast<unsigned char>(x), render_char, spec};
  else if constexpr (std::is_same_v<X, float>)
    return {std::bit_cast<uint32_t>(x), render_float, spec};
  else if constexpr (kind == Kind::kFloat)
    return {std::bit_cast<uint64_t>(x), render_double, spec};
  else if constexpr (kind == Kind::kPointer)
    return {address(x), render_unsigned, spec};
  else if constexpr (kind == Kind::kValue)
    return {address(std::addressof(x)), render_value<X>, spec};
  else if constexpr (OneOf<std::decay_t<X>, char*, const char*>)
    return {address(x), render_c_string, spec};
  else if constexpr (OneOf<X, std::string_view>)
    return {address(&x), render_string_view, spec};
  else
    return {address(std::addressof(x)), render_string<X>, spec};
}

// What can be wrong with a format string. None is constexpr, so the compiler names the one that
// would have to be called.
namespace bad_format_string {
[[noreturn]] void a_closing_brace_is_not_doubled();
[[noreturn]] void a_field_is_not_closed_or_not_understood();
[[noreturn]] void fewer_arguments_than_fields();
[[noreturn]] void more_arguments_than_fields();
[[noreturn]] void the_type_of_the_argument_has_no_such_format();
[[noreturn]] void a_number_is_missing_or_too_large();
}  // namespace bad_format_string

consteval bool is_align(char c) { return c == '<' || c == '>' || c == '^'; }
consteval bool is_digit(char c) { return c >= '0' && c <= '9'; }

consteval int16_t parse_number(const char*& p) {
  int n = 0;
  for (; is_digit(*p) && n <= INT16_MAX; ++p) n = n * 10 + (*p - '0');
  if (n > INT16_MAX) bad_format_string::a_number_is_missing_or_too_large();
  return static_cast<int16_t>(n);
}

// Reads a field from behind its opening brace up to where its closing one must be.
consteval const char* parse_field(const char* p, Spec& spec) {
  if (*p != ':') return p;
  ++p;
  if (*p != '}' && *p != '\0' && is_align(p[1])) spec.fill = *p++;
  if (is_align(*p)) spec.align = *p++;
  if (*p == '+' || *p == '-' || *p == ' ') spec.sign = *p++;
  if (*p == '#') {
    spec.precision = Spec::kPrefix;
    ++p;
  }
  if (*p == '0' && spec.align == '\0') {
    spec.align = '=';
    spec.fill = '0';
  }
  spec.width = static_cast<uint16_t>(parse_number(p));
  if (*p == '.' && spec.precision == Spec::kNone) {
    if (!is_digit(*++p)) bad_format_string::a_number_is_missing_or_too_large();
    spec.precision = parse_number(p);
  }
  if (*p != '}') spec.type = *p++;
  return p;
}

// Checks a field against the type of its argument and fills in what that type implies.
consteval uint64_t complete(Spec spec, Kind kind) {
  if ((kind == Kind::kChar && spec.type == 'c') || (kind == Kind::kBool && spec.type == 's')) spec.type = '\0';
  const std::string_view types = kind == Kind::kFloat     ? "fegFEG"
                                 : kind == Kind::kString  ? "s"
                                 : kind == Kind::kPointer ? "p"
                                 : kind == Kind::kValue   ? ""
                                                          : "dxXbo";
  const bool number = kind == Kind::kInteger || kind == Kind::kFloat ||
                      ((kind == Kind::kBool || kind == Kind::kChar) && spec.type != '\0');
  if ((spec.type != '\0' && types.find(spec.type) == std::string_view::npos) || spec.fill == '{' ||
      (spec.precision >= 0 && kind != Kind::kFloat && kind != Kind::kString) ||
      (spec.precision == Spec::kPrefix && spec.type != 'x' && spec.type != 'X' && spec.type != 'b') ||
      (!number && (spec.sign != '\0' || spec.align == '='))) {
    bad_format_string::the_type_of_the_argument_has_no_such_format();
  }
  if (spec.sign == '-') spec.sign = '\0';
  if (spec.align == '\0') spec.align = number || kind == Kind::kPointer ? '>' : '<';
  if (kind == Kind::kPointer) {
    spec.type = 'x';
    spec.precision = Spec::kPrefix;
  }
  return std::bit_cast<uint64_t>(spec);
}

// A format string, its fields parsed and checked by the compiler; the library only looks for them.
template <class... A>
class FormatString {
 public:
  template <StringLike S>
  consteval FormatString(const S& text) : text_(text) {
    constexpr Kind kinds[] = {kind_of<A>()..., Kind::kValue};
    const char* p = text_.data();
    const char* const end = p + text_.size();
    size_t fields = 0;
    while (p < end) {
      const char c = *p++;
      if (c != '{' && c != '}') continue;
      if (p < end && *p == c) {
        ++p;
        continue;
      }
      if (c == '}') bad_format_string::a_closing_brace_is_not_doubled();
      Spec spec;
      if (p < end) p = parse_field(p, spec);
      if (p >= end || *p != '}') bad_format_string::a_field_is_not_closed_or_not_understood();
      ++p;
      if (fields == sizeof...(A)) bad_format_string::fewer_arguments_than_fields();
      specs_[fields] = complete(spec, kinds[fields]);
      ++fields;
    }
    if (fields != sizeof...(A)) bad_format_string::more_arguments_than_fields();
  }
  constexpr std::string_view text() const { return text_; }
  constexpr uint64_t next_spec() { return specs_[next_++]; }

 private:
  std::string_view text_;
  size_t next_ = 0;
  uint64_t specs_[sizeof...(A) + 1] = {};
};

}  // namespace detail

// A format string for arguments of the types A: a literal, or another constant. A bad one does not
// compile. To pass one on: `template <class... A> void log(FormatString<A...> f, const A&... a)`.
template <class... A>
using FormatString = detail::FormatString<std::type_identity_t<A>...>;

// To standard output; eprint to standard error. One write(2), whatever the length: more than 512
// bytes are put together in pages of their own, for which every format_value is called again; if the
// kernel has none, the text is cut there. Takes no lock and nothing from the heap, so signal handlers
// may call it. [any] Blocks the thread while the other end is full. A part written, a signal and
// O_NONBLOCK are seen to; any other error loses the rest.
template <class... A>
void print(FormatString<A...> format, const A&... arguments) {
  detail::vprint(1, format.text(), {detail::argument(arguments, format.next_spec())...});
}
template <class... A>
void eprint(FormatString<A...> format, const A&... arguments) {
  detail::vprint(2, format.text(), {detail::argument(arguments, format.next_spec())...});
}

// Into a Sink: what a format_value is usually made of. [any]
template <class... A>
void format_to(Sink& out, FormatString<A...> format, const A&... arguments) {
  detail::vformat(out, format.text(), {detail::argument(arguments, format.next_spec())...});
}

// Into memory, cut to fit, without a null at the end; the result is what was written. [any]
template <class... A>
std::string_view format_to(std::span<char> buffer, FormatString<A...> format, const A&... arguments) {
  Sink out(buffer);
  format_to(out, format, arguments...);
  return out.text();
}

}  // namespace mstart::inline v0
