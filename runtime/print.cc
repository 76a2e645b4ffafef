// SPDX-License-Identifier: MIT
// The core of print.h: fields, fill, integers and strings, and one write(2) for all of it.
// Renderers are linked by the programs that use them. Small before fast: compiled for size, a
// program that prints integers and strings carries 1.6 KB for it.
//
// Renderers know nothing of width. vformat looks at what came out and moves it aside for the fill;
// the Sink counts characters as they come, so that this is right for what is cut off, too.
#include <mstart/print.h>

#include "os/mem.h"
#include "runtime/fmt.h"
#include "runtime/print.h"

namespace mstart::inline v0 {
namespace {

// Of a character of UTF-8.
bool is_first_byte(char c) { return (c & 0xC0) != 0x80; }

}  // namespace

void Sink::write(std::string_view text) {
  if (size_ < capacity_) text.copy(data_ + size_, capacity_ - size_);
  size_ += text.size();
  for (const char c : text) characters_ += is_first_byte(c);
}

// Moves what stands from `at` on by `count` bytes and fills the gap.
void Sink::insert(size_t at, size_t count, char c) {
  for (size_t i = size_; i-- > at;) {
    if (i + count < capacity_) data_[i + count] = data_[i];
  }
  for (size_t i = at; i < at + count && i < capacity_; ++i) data_[i] = c;
  size_ += count;
  characters_ += count;
}

namespace detail {

void vformat(Sink& out, std::string_view format, Arguments arguments) {
  const Argument* argument = arguments.begin();
  const char* p = format.data();
  const char* const end = p + format.size();
  while (p != end) {
    const char* const literal = p;
    while (p != end && *p != '{' && *p != '}') ++p;
    out.write({literal, p});
    if (p == end) return;
    if (p[1] == p[0]) {
      out.write({p, 1});
      p += 2;
      continue;
    }
    while (*p++ != '}') {
    }
    auto spec = std::bit_cast<Spec>(argument->spec);
    const size_t start = out.size_, characters = out.characters_;
    const size_t head = argument->render(out, argument->value, spec);
    ++argument;
    const size_t width = spec.width, used = out.characters_ - characters;
    if (used < width) {
      const size_t fill = width - used;
      const size_t after = spec.align == '<' ? fill : spec.align == '^' ? (fill + 1) / 2 : 0;
      out.insert(out.size_, after, spec.fill);
      out.insert(spec.align == '=' ? start + head : start, fill - after, spec.fill);
    }
  }
}

void vprint(int fd, std::string_view format, Arguments arguments) {
  char small[512];
  std::span<char> memory = small;
  for (;;) {
    Sink out(memory);
    vformat(out, format, arguments);
    if (out.size() > memory.size() && memory.data() == small) {
      if (const auto pages = os::map_pages(out.size())) {
        memory = {*pages, out.size()};
        continue;
      }
    }
    write_all(fd, out.text());
    break;
  }
  if (memory.data() != small) (void)os::munmap(memory.data(), memory.size());
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = os::write(fd, text.data(), text.size());
    if (written)
      text.remove_prefix(*written);
    else if (written.error() == Errno::resource_unavailable_try_again)
      (void)os::poll(fd, os::kPollOut);
    else if (written.error() != Errno::interrupted)
      return;
  }
}

size_t write_integer(Sink& out, uint64_t value, char sign, const Spec& spec) {
  char text[1 + 2 + 64];
  char* const end = text + sizeof text;
  char* p = end;
  if (const unsigned bits = spec.type == 'b' ? 1 : spec.type == 'o' ? 3 : (spec.type | 0x20) == 'x' ? 4 : 0) {
    const char* const digits = spec.type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    do *--p = digits[value & ((1U << bits) - 1)];
    while ((value >>= bits) != 0);
  } else {
    p = fmt::detail::format_decimal(end - 20, value, 20).begin;
  }
  const char* const first = p;
  if (spec.precision == Spec::kPrefix) {
    *--p = spec.type;
    *--p = '0';
  }
  if (sign != '\0') *--p = sign;
  out.write({p, end});
  return static_cast<size_t>(first - p);
}

size_t render_unsigned(Sink& out, uint64_t value, Spec& spec) { return write_integer(out, value, spec.sign, spec); }

size_t render_signed(Sink& out, uint64_t value, Spec& spec) {
  const bool negative = static_cast<int64_t>(value) < 0;
  return write_integer(out, negative ? -value : value, negative ? '-' : spec.sign, spec);
}

size_t render_bool(Sink& out, uint64_t value, Spec& spec) {
  if (spec.type != '\0') return render_unsigned(out, value, spec);
  out.write(value != 0 ? "true" : "false");
  return 0;
}

size_t render_char(Sink& out, uint64_t value, Spec& spec) {
  if (spec.type != '\0') return render_unsigned(out, value, spec);
  const char c = static_cast<char>(value);
  out.write({&c, 1});
  return 0;
}

size_t write_text(Sink& out, std::string_view text, const Spec& spec) {
  if (spec.precision >= 0) {
    int characters = 0;
    size_t n = 0;
    for (; n < text.size(); ++n) {
      if (is_first_byte(text[n]) && characters++ == spec.precision) break;
    }
    text = text.substr(0, n);
  }
  out.write(text);
  return 0;
}

size_t render_string_view(Sink& out, uint64_t value, Spec& spec) {
  return write_text(out, *reinterpret_cast<const std::string_view*>(value), spec);
}

size_t render_c_string(Sink& out, uint64_t value, Spec& spec) {
  const auto text = reinterpret_cast<const char*>(value);
  return write_text(out, text != nullptr ? text : "(null)", spec);
}

}  // namespace detail
}  // namespace mstart::inline v0
