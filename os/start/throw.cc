// SPDX-License-Identifier: MIT
// What the standard library's headers call where they would throw, and failed assertions: fatal, with the same text.
#include <mstart/print.h>

#include <cstdarg>
#include <string_view>

#include "runtime/check.h"

using mstart::runtime::throw_error;

namespace {

// Text with arguments, cut to fit, for throw_error.
class Text {
 public:
  template <class... A>
  void add(mstart::FormatString<A...> format, const A&... arguments) {
    mstart::format_to(sink_, format, arguments...);
  }
  [[noreturn]] void fail() {
    text_[sink_.text().size()] = '\0';
    throw_error(text_);
  }

 private:
  char text_[512];
  mstart::Sink sink_{std::span(text_, sizeof text_ - 1)};
};

}  // namespace

namespace std {

// clang-format off
void __throw_bad_alloc() { throw_error("std::bad_alloc"); }
void __throw_bad_array_new_length() { throw_error("std::bad_array_new_length"); }
void __throw_bad_cast() { throw_error("std::bad_cast"); }
void __throw_bad_exception() { throw_error("std::bad_exception"); }
void __throw_bad_function_call() { throw_error("std::bad_function_call"); }
void __throw_bad_typeid() { throw_error("std::bad_typeid"); }
void __throw_domain_error(const char* what) { throw_error(what); }
void __throw_invalid_argument(const char* what) { throw_error(what); }
void __throw_length_error(const char* what) { throw_error(what); }
void __throw_logic_error(const char* what) { throw_error(what); }
void __throw_out_of_range(const char* what) { throw_error(what); }
void __throw_overflow_error(const char* what) { throw_error(what); }
void __throw_range_error(const char* what) { throw_error(what); }
void __throw_runtime_error(const char* what) { throw_error(what); }
void __throw_underflow_error(const char* what) { throw_error(what); }
// clang-format on

void __throw_system_error(int code) {
  Text text;
  text.add("std::system_error: errno {}", code);
  text.fail();
}

// printf's %zu, %s and %% are all that the headers use.
void __throw_out_of_range_fmt(const char* format, ...) {
  Text text;
  va_list arguments;
  va_start(arguments, format);
  for (const char* p = format; *p != '\0'; ++p) {
    if (p[0] == '%' && p[1] == 'z' && p[2] == 'u') {
      text.add("{}", va_arg(arguments, size_t));
      p += 2;
    } else if (p[0] == '%' && p[1] == 's') {
      text.add("{}", va_arg(arguments, const char*));
      ++p;
    } else {
      text.add("{}", *p);
      p += p[0] == '%' && p[1] == '%';
    }
  }
  va_end(arguments);
  text.fail();
}

[[noreturn]] void __glibcxx_assert_fail(const char* file, int line, const char* function,
                                        const char* condition) noexcept {
  Text text;
  text.add("{}:{}: {}: Assertion '{}' failed.", file, line, function, condition);
  text.fail();
}

}  // namespace std

// assert(3).
extern "C" [[noreturn]] void __assert_fail(const char* condition, const char* file, unsigned line,
                                           const char* function) {
  Text text;
  text.add("{}:{}: {}: Assertion '{}' failed.", file, line, function, condition);
  text.fail();
}
