// SPDX-License-Identifier: MIT
// print.h: what is formatted, against {fmt}, snprintf and Go's texts; how it is cut; how it is written.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <mstart/print.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#define FMT_HEADER_ONLY 1
#include <fmt/format.h>

using namespace std::literals;

namespace shapes {
struct Point {
  int x, y;
};
void format_value(mstart::Sink& out, const Point& p) { mstart::format_to(out, "({}, {})", p.x, p.y); }

enum class Color { kRed, kGreen };
void format_value(mstart::Sink& out, const Color& c) { out.write(c == Color::kRed ? "red" : "grün"); }

struct Named {  // both ways to print it: format_value goes first
  operator std::string_view() const { return "as a string"; }
};
void format_value(mstart::Sink& out, const Named&) { out.write("as a value"); }

struct Label {
  operator std::string_view() const { return "label"; }
};
}  // namespace shapes

namespace {

char memory[70000];

template <class... A>
std::string text(mstart::FormatString<A...> format, const A&... arguments) {
  return std::string(mstart::format_to(memory, format, arguments...));
}

#define CHECK_AS_FMT(spec, value) CHECK(text(spec, value) == fmt::format(fmt::runtime(spec), value))

#define CHECK_AS_PRINTF(spec, printf_spec, value)                         \
  do {                                                                    \
    static char expected[70000];                                          \
    std::snprintf(expected, sizeof expected, printf_spec, value);         \
    const std::string_view got = mstart::format_to(memory, spec, value);  \
    if (got != expected) FAIL_CHECK(spec, ": ", got, ", not ", expected); \
  } while (false)

TEST_CASE("literal text and braces") {
  CHECK(text("") == "");
  CHECK(text("plain") == "plain");
  CHECK(text("{{}}") == "{}");
  CHECK(text("{{{}}}", 1) == "{1}");
  CHECK(text("}}{{{}{{}}{}", 1, 2) == "}{1{}2");
  CHECK(text("µ{}µ", "é") == "µéµ");
  static constexpr std::string_view part = std::string_view("{}!{}").substr(0, 3);
  CHECK(text(part, 7) == "7!");
}

template <class T>
void check_integer(T value) {
  CHECK_AS_FMT("{}", value);
  CHECK_AS_FMT("{:d}", value);
  CHECK_AS_FMT("{:x}", value);
  CHECK_AS_FMT("{:X}", value);
  CHECK_AS_FMT("{:b}", value);
  CHECK_AS_FMT("{:o}", value);
  CHECK_AS_FMT("{:#x}", value);
  CHECK_AS_FMT("{:#X}", value);
  CHECK_AS_FMT("{:#b}", value);
  CHECK_AS_FMT("{:08}", value);
  CHECK_AS_FMT("{:#080b}", value);
  CHECK_AS_FMT("{:30}", value);
  CHECK_AS_FMT("{:<30}", value);
  CHECK_AS_FMT("{:>30}", value);
  CHECK_AS_FMT("{:^30}", value);
  CHECK_AS_FMT("{:*^30}", value);
  CHECK_AS_FMT("{:<<31x}", value);
  CHECK_AS_FMT("{:1}", value);
  if constexpr (std::is_signed_v<T>) {
    CHECK_AS_FMT("{:+}", value);
    CHECK_AS_FMT("{: }", value);
    CHECK_AS_FMT("{:-}", value);
    CHECK_AS_FMT("{:+08}", value);
    CHECK_AS_FMT("{:+#030x}", value);
  }
}

template <class T>
void check_integers() {
  using Limits = std::numeric_limits<T>;
  for (const T value : {Limits::min(), Limits::max(), T(0), T(1), T(-1), T(9), T(10), T(99), T(100), T(101)}) {
    check_integer(value);
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) check_integer(static_cast<T>(random() >> (i % 64)));
}

TEST_CASE_TEMPLATE("integers, as {fmt}", T, signed char, unsigned char, short, unsigned short, int, unsigned, long,
                   unsigned long, long long, unsigned long long) {
  check_integers<T>();
}

TEST_CASE("signs of unsigned integers, as std::format") {
  CHECK(text("{:+}|{: }|{:-}|{:+05}", 1U, 2U, 3U, 4U) == "+1| 2|3|+0004");
}

TEST_CASE("a 0 beside an alignment does nothing") {
  CHECK(text("{:<06}|{:>06}|{:^06}", 42, 42, 42) == "42    |    42|  42  ");
}

TEST_CASE("bool and char") {
  for (const bool value : {false, true}) {
    CHECK_AS_FMT("{}", value);
    CHECK_AS_FMT("{:s}", value);
    CHECK_AS_FMT("{:>7}", value);
    CHECK_AS_FMT("{:-^9}", value);
    CHECK_AS_FMT("{:d}", value);
    CHECK_AS_FMT("{:04d}", value);
  }
  for (const char value : {'a', '{', '~', '\n'}) {
    CHECK_AS_FMT("{}", value);
    CHECK_AS_FMT("{:c}", value);
    CHECK_AS_FMT("{:3}", value);
    CHECK_AS_FMT("{:>3}", value);
    CHECK_AS_FMT("{:d}", value);
    CHECK_AS_FMT("{:#04x}", value);
  }
  CHECK(text("{:x}", '\xFF') == "ff");
}

TEST_CASE("strings") {
  const char array[] = "array";
  char writable[] = "writable";
  char* const pointer = writable;
  const std::string string = "string with\0 a null"s.substr(0, 13);
  for (const std::string& value : {std::string(), "a"s, "hello"s, string}) {
    CHECK_AS_FMT("{}", value);
    CHECK_AS_FMT("{:s}", value);
    CHECK_AS_FMT("{:9}|", value);
    CHECK_AS_FMT("{:<9}|", value);
    CHECK_AS_FMT("{:>9}|", value);
    CHECK_AS_FMT("{:^9}|", value);
    CHECK_AS_FMT("{:.3}", value);
    CHECK_AS_FMT("{:_>8.2s}", value);
    CHECK_AS_FMT("{:.0}", value);
  }
  CHECK(text("{} {} {} {}", array, writable, pointer, std::string_view(array, 2)) == "array writable writable ar");
  CHECK(text("{}|{:.2}", static_cast<const char*>(nullptr), static_cast<char*>(nullptr)) == "(null)|(n");
  CHECK(text("{:.300}", std::string(1000, 'x')) == std::string(300, 'x'));
  CHECK(text("{}", shapes::Label{}) == "label");
}

TEST_CASE("width and precision count characters") {
  CHECK(text("{:5}|{:>5}|{:^5}|", "für", "für", "für") == "für  |  für| für |");
  CHECK(text("{:.2}|{:.3}|{:.4}", "für", "für", "für") == "fü|für|für");
  CHECK(text("{:>4.1}|", "€uro") == "   €|");
  CHECK(text("{:>6}|", 300us) == " 300µs|");
}

TEST_CASE("pointers") {
  int object = 0;
  void* const pointer = &object;
  const void* const low = reinterpret_cast<const void*>(uintptr_t{0xBEEF});
  for (const void* value : {low, static_cast<const void*>(pointer), static_cast<const void*>(nullptr)}) {
    CHECK_AS_FMT("{}", value);
    CHECK_AS_FMT("{:p}", value);
    CHECK_AS_FMT("{:30}", value);
    CHECK_AS_FMT("{:<30}", value);
  }
  CHECK(text("{}", nullptr) == "0x0");
  CHECK(text("{}", pointer) == text("{}", static_cast<const void*>(&object)));
}

void check_precise(double value) {
  CHECK_AS_PRINTF("{:f}", "%f", value);
  CHECK_AS_PRINTF("{:.0f}", "%.0f", value);
  CHECK_AS_PRINTF("{:.3f}", "%.3f", value);
  CHECK_AS_PRINTF("{:12.4F}", "%12.4F", value);
  CHECK_AS_PRINTF("{:.30f}", "%.30f", value);
  CHECK_AS_PRINTF("{:.1100f}", "%.1100f", value);
  CHECK_AS_PRINTF("{:e}", "%e", value);
  CHECK_AS_PRINTF("{:.0e}", "%.0e", value);
  CHECK_AS_PRINTF("{:+.5E}", "%+.5E", value);
  CHECK_AS_PRINTF("{:.1100e}", "%.1100e", value);
  CHECK_AS_PRINTF("{:g}", "%g", value);
  CHECK_AS_PRINTF("{:.0g}", "%.0g", value);
  CHECK_AS_PRINTF("{:.1g}", "%.1g", value);
  CHECK_AS_PRINTF("{:.17g}", "%.17g", value);
  CHECK_AS_PRINTF("{: G}", "% G", value);
  CHECK_AS_PRINTF("{:025.3f}", "%025.3f", value);
  CHECK_AS_PRINTF("{:+030e}", "%+030e", value);
}

template <class F>
void check_shortest(F value) {
  const std::string shortest = text("{}", value);
  CHECK(shortest == fmt::format("{}", value));
  if constexpr (sizeof value == sizeof(double)) {
    CHECK(std::bit_cast<uint64_t>(std::strtod(shortest.c_str(), nullptr)) == std::bit_cast<uint64_t>(value));
  } else {
    CHECK(std::bit_cast<uint32_t>(std::strtof(shortest.c_str(), nullptr)) == std::bit_cast<uint32_t>(value));
  }
  CHECK_AS_FMT("{:.4}", value);
  CHECK_AS_FMT("{:+}", value);
  CHECK_AS_FMT("{:<30}", value);
  CHECK_AS_FMT("{:*^30}", value);
  CHECK_AS_FMT("{:030}", value);
  CHECK_AS_FMT("{:10.3f}", value);
}

TEST_CASE("double and float") {
  using Limits = std::numeric_limits<double>;
  std::vector<double> values = {0,
                                0.5,
                                1,
                                1.5,
                                2.5,
                                3.5,
                                9.5,
                                99.5,
                                0.05,
                                0.125,
                                9.995,
                                0.1,
                                0.2,
                                0.3,
                                1e-4,
                                1e-5,
                                100,
                                123456,
                                1234567,
                                999999.5,
                                0.999999999,
                                999.9999999,
                                1e15,
                                1e16,
                                1e17,
                                1e22,
                                1e23,
                                1e100,
                                3.141592653589793,
                                4503599627370496.5,
                                9007199254740993.0,
                                Limits::min(),
                                Limits::max(),
                                Limits::denorm_min(),
                                12345 * Limits::denorm_min(),
                                Limits::epsilon()};
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (std::isfinite(value)) values.push_back(value);
    values.push_back(static_cast<double>(random() >> (i % 64)) / 1000);
    values.push_back(static_cast<double>(random() % 100000) / 8);  // ties
  }
  for (const double value : values) {
    for (const double sign : {1.0, -1.0}) {
      check_precise(sign * value);
      check_shortest(sign * value);
      if (std::abs(value) <= std::numeric_limits<float>::max()) check_shortest(static_cast<float>(sign * value));
    }
  }
}

TEST_CASE("numbers that are not finite") {
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(text("{} {} {} {:F} {:G}", infinity, -infinity, nan, infinity, nan) == "inf -inf nan INF NAN");
  CHECK(text("{:+}|{: }|{:6}|{:<6}|{:.3f}", infinity, nan, infinity, nan, infinity) == "+inf| nan|   inf|nan   |inf");
  CHECK(text("{:08}|{:+08.2f}", nan, infinity) == "     nan|    +inf");
  CHECK(text("{}", std::numeric_limits<float>::infinity()) == "inf");
}

TEST_CASE("durations, as Go") {
  const struct {
    std::chrono::nanoseconds duration;
    const char* text;
  } cases[] = {{0ns, "0s"},
               {1ns, "1ns"},
               {-1ns, "-1ns"},
               {999ns, "999ns"},
               {1100ns, "1.1µs"},
               {300us, "300µs"},
               {2200us, "2.2ms"},
               {3300ms, "3.3s"},
               {1500ms, "1.5s"},
               {1s, "1s"},
               {59s + 999ms, "59.999s"},
               {60s, "1m0s"},
               {1s + 1ns, "1.000000001s"},
               {245s, "4m5s"},
               {245001ms, "4m5.001s"},
               {5h + 6min + 7s + 1ms, "5h6m7.001s"},
               {8min + 1ns, "8m0.000000001s"},
               {2h + 45min, "2h45m0s"},
               {-90min, "-1h30m0s"},
               {1h, "1h0m0s"},
               {std::chrono::nanoseconds::max(), "2562047h47m16.854775807s"},
               {std::chrono::nanoseconds::min(), "-2562047h47m16.854775808s"}};
  for (const auto& [duration, expected] : cases) CHECK(text("{}", duration) == expected);
  CHECK(text("{} {} {}", 5ms, 2min, 3h) == "5ms 2m0s 3h0m0s");
  CHECK(text("{:>8}|{:<8}|{:^8}", 1500ms, 1500ms, 1500ms) == "    1.5s|1.5s    |  1.5s  ");
}

TEST_CASE("errors") {
  using mstart::Errno, mstart::Error;
  CHECK(text("{}", Errno::connection_refused) == "Connection refused");
  CHECK(text("{}", Errno{}) == "Success");
  CHECK(text("{} {}", Errno{4095}, Errno{-1}) == "Unknown error 4095 Unknown error -1");
  CHECK(text("{}", Error{Errno::connection_refused, "connect"}) == "connect: Connection refused");
  CHECK(text("{}", Error{Errno::timed_out}) == "Connection timed out");
  CHECK(text("{:>30}", Error{Errno::broken_pipe, "write"}) == "            write: Broken pipe");
}

TEST_CASE("types with a format_value") {
  CHECK(text("{} {}", shapes::Point{1, -2}, shapes::Color::kRed) == "(1, -2) red");
  CHECK(text("{:>10}|{:*^10}|{:6}|", shapes::Point{1, 2}, shapes::Point{3, 4}, shapes::Color::kGreen) ==
        "    (1, 2)|**(3, 4)**|grün  |");
  CHECK(text("{}", shapes::Named{}) == "as a value");
}

TEST_CASE("format_to cuts and writes nothing behind its end") {
  const auto format = [](std::span<char> buffer) {
    return mstart::format_to(buffer, "{:>12} é {:^11} {:#010x} {:08.3f} {:<9} {} {:_^20}", "für", "µµ", 48879, -3.14159,
                             1500us, shapes::Point{3, 4}, 1e300);
  };
  const std::string whole(format(memory));
  CHECK(whole == "         für é     µµ      0x0000beef -003.142 1.5ms     (3, 4) _______1e+300_______");
  for (size_t size = 0; size <= whole.size() + 1; ++size) {
    std::array<char, 200> buffer;
    buffer.fill('#');
    CHECK(format(std::span(buffer).first(size)) == whole.substr(0, size));
    for (size_t i = std::min(size, whole.size()); i < buffer.size(); ++i) CHECK(buffer[i] == '#');
  }
  CHECK(mstart::format_to({}, "{:>5}{}", 1, "x") == "");
}

TEST_CASE("a Sink counts what it drops") {
  char buffer[4];
  mstart::Sink out(buffer);
  out.write({});
  out.write("abc");
  format_to(out, "{:5}|", 1);
  CHECK(out.text() == "abc ");
  CHECK(out.size() == 9);
}

// While it lives, what is written to `fd` goes to `target`.
class Redirect {
 public:
  Redirect(int fd, int target) : fd_(fd), saved_(dup(fd)) {
    std::fflush(nullptr);
    dup2(target, fd);
  }
  ~Redirect() {
    dup2(saved_, fd_);
    close(saved_);
  }

 private:
  const int fd_, saved_;
};

TEST_CASE("print and eprint: one write each, whatever the length") {
  for (const int fd : {1, 2}) {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
    for (const size_t size : {1, 100, 511, 512, 513, 4096, 60000}) {
      const std::string sent(size, 'x');
      {
        Redirect redirect(fd, ends[0]);
        fd == 1 ? mstart::print("{}{}", sent, "\n") : mstart::eprint("{}{}", sent, "\n");
      }
      const auto n = recv(ends[1], memory, sizeof memory, MSG_DONTWAIT);
      CHECK(std::string_view(memory, n > 0 ? static_cast<size_t>(n) : 0) == sent + "\n");
      CHECK(recv(ends[1], memory, sizeof memory, MSG_DONTWAIT) == -1);
    }
    close(ends[0]);
    close(ends[1]);
  }
}

std::string read_slowly(int fd) {
  std::string all;
  for (;;) {
    std::this_thread::sleep_for(1ms);
    const auto n = read(fd, memory, 16384);
    if (n <= 0) return all;
    all.append(memory, static_cast<size_t>(n));
  }
}

// Prints half a megabyte into a pipe of which somebody reads a little at a time.
void check_slow_pipe(int flags) {
  std::string sent;
  for (int i = 0; sent.size() < 500'000; ++i) sent += std::to_string(i);
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  REQUIRE(fcntl(ends[1], F_SETFL, flags) == 0);
  std::string received;
  std::thread reader([&] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    received = read_slowly(ends[0]);
  });
  {
    Redirect redirect(1, ends[1]);
    close(ends[1]);
    mstart::print("{}", sent);
  }
  reader.join();
  close(ends[0]);
  CHECK(received == sent);
}

TEST_CASE("print goes on after a part, EAGAIN and EINTR") {
  SUBCASE("a full pipe") { check_slow_pipe(0); }
  SUBCASE("O_NONBLOCK") { check_slow_pipe(O_NONBLOCK); }
  SUBCASE("signals") {
    struct sigaction ignore = {}, old;
    ignore.sa_handler = [](int) {};  // without SA_RESTART
    sigaction(SIGALRM, &ignore, &old);
    itimerval every = {{0, 500}, {0, 500}};
    setitimer(ITIMER_REAL, &every, nullptr);
    check_slow_pipe(0);
    check_slow_pipe(O_NONBLOCK);
    every = {};
    setitimer(ITIMER_REAL, &every, nullptr);
    sigaction(SIGALRM, &old, nullptr);
  }
}

TEST_CASE("print to a descriptor that is not open is lost") {
  const int saved = dup(1);
  close(1);
  mstart::print("{}\n", 1);
  dup2(saved, 1);
  close(saved);
}

}  // namespace
