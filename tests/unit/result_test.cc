// SPDX-License-Identifier: MIT
// result.h: the numbers and texts of errors, and Result with every kind of T.
#include <doctest/doctest.h>
#include <mstart/result.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

using mstart::Errno, mstart::Error, mstart::Result;

namespace {

#define SAME(name) {Errno::name, std::errc::name}
constexpr struct {
  Errno ours;
  std::errc theirs;
} kNames[] = {
    SAME(address_family_not_supported),
    SAME(address_in_use),
    SAME(address_not_available),
    SAME(already_connected),
    SAME(argument_list_too_long),
    SAME(argument_out_of_domain),
    SAME(bad_address),
    SAME(bad_file_descriptor),
    SAME(bad_message),
    SAME(broken_pipe),
    SAME(connection_aborted),
    SAME(connection_already_in_progress),
    SAME(connection_refused),
    SAME(connection_reset),
    SAME(cross_device_link),
    SAME(destination_address_required),
    SAME(device_or_resource_busy),
    SAME(directory_not_empty),
    SAME(executable_format_error),
    SAME(file_exists),
    SAME(file_too_large),
    SAME(filename_too_long),
    SAME(function_not_supported),
    SAME(host_unreachable),
    SAME(identifier_removed),
    SAME(illegal_byte_sequence),
    SAME(inappropriate_io_control_operation),
    SAME(interrupted),
    SAME(invalid_argument),
    SAME(invalid_seek),
    SAME(io_error),
    SAME(is_a_directory),
    SAME(message_size),
    SAME(network_down),
    SAME(network_reset),
    SAME(network_unreachable),
    SAME(no_buffer_space),
    SAME(no_child_process),
    SAME(no_link),
    SAME(no_lock_available),
    SAME(no_message_available),
    SAME(no_message),
    SAME(no_protocol_option),
    SAME(no_space_on_device),
    SAME(no_stream_resources),
    SAME(no_such_device_or_address),
    SAME(no_such_device),
    SAME(no_such_file_or_directory),
    SAME(no_such_process),
    SAME(not_a_directory),
    SAME(not_a_socket),
    SAME(not_a_stream),
    SAME(not_connected),
    SAME(not_enough_memory),
    SAME(not_supported),
    SAME(operation_canceled),
    SAME(operation_in_progress),
    SAME(operation_not_permitted),
    SAME(operation_not_supported),
    SAME(operation_would_block),
    SAME(owner_dead),
    SAME(permission_denied),
    SAME(protocol_error),
    SAME(protocol_not_supported),
    SAME(read_only_file_system),
    SAME(resource_deadlock_would_occur),
    SAME(resource_unavailable_try_again),
    SAME(result_out_of_range),
    SAME(state_not_recoverable),
    SAME(stream_timeout),
    SAME(text_file_busy),
    SAME(timed_out),
    SAME(too_many_files_open_in_system),
    SAME(too_many_files_open),
    SAME(too_many_links),
    SAME(too_many_symbolic_link_levels),
    SAME(value_too_large),
    SAME(wrong_protocol_type),
};

TEST_CASE("Errno has std::errc's names and numbers") {
  for (const auto& [ours, theirs] : kNames) CHECK(static_cast<int>(ours) == static_cast<int>(theirs));
}

TEST_CASE("message is strerror's text") {
  for (const auto& [code, _] : kNames) CHECK(std::string_view(message(code)) == strerror(static_cast<int>(code)));
  for (int n = 0; n < 140; ++n) {
    const std::string_view text = message(Errno{n});
    if (text != "Unknown error") CHECK(text == strerror(n));
  }
  for (const int n : {-1, 41, 58, 134, 4095, 1 << 30}) CHECK(message(Errno{n}) == std::string_view("Unknown error"));
  CHECK(message(Errno{}) == std::string_view("Success"));
}

TEST_CASE("Error") {
  constexpr Error error{Errno::connection_refused, "connect"};
  static_assert(error == Errno::connection_refused && Errno::connection_refused == error);
  static_assert(error != Errno::timed_out);
  static_assert(Error{} == Errno{});
}

Result<int> parse(std::string_view text) {
  if (text != "42") return Error{Errno::invalid_argument, "parse"};
  return 42;
}

TEST_CASE("a value") {
  Result<int> r = parse("42");
  CHECK(r.ok());
  CHECK(r.has_value());
  CHECK(static_cast<bool>(r));
  CHECK(*r == 42);
  CHECK(r.value() == 42);
  CHECK(r.value_or(7) == 42);
  *r += 1;
  CHECK(std::as_const(r).value() == 43);
  r = 5;
  CHECK(*r == 5);
}

TEST_CASE("an error, passed on") {
  const auto pass_on = [](std::string_view text) -> Result<std::string> {
    const auto r = parse(text);
    if (!r) return r.error();
    return std::to_string(*r);
  };
  CHECK(pass_on("42").value() == "42");
  const auto r = pass_on("x");
  CHECK(!r);
  CHECK(!r.ok());
  CHECK(r.error() == Errno::invalid_argument);
  CHECK(r.error().call == std::string_view("parse"));
  CHECK(r.value_or("none") == "none");
  const Result<void> done = r.error();
  CHECK(done.error() == Errno::invalid_argument);
}

TEST_CASE("Result<void>") {
  constexpr Result<void> ok;
  static_assert(ok.ok() && ok);
  ok.value();
  *ok;
  const auto run = []() -> Result<void> { return {}; };
  CHECK(run());
  CHECK(Result<void>(Error{Errno::timed_out, "x"}).error() == Errno::timed_out);
}

// Counts its objects; no default constructor.
struct Counted {
  explicit(false) Counted(int v) : value(v) { ++alive; }
  Counted(const Counted& other) : value(other.value) { ++alive; }
  Counted(Counted&& other) noexcept : value(std::exchange(other.value, 0)) { ++alive; }
  Counted& operator=(const Counted&) = default;
  ~Counted() { --alive; }
  int value;
  static inline int alive = 0;
};

TEST_CASE("copies, moves and assignments make and destroy as many") {
  const Error error{Errno::io_error, "read"};
  {
    Result<Counted> a = 1, b = error, c = a, d = b;
    CHECK(Counted::alive == 2);
    CHECK(c->value == 1);
    CHECK(d.error() == Errno::io_error);
    a = error;
    CHECK(Counted::alive == 1);
    b = c;
    CHECK(Counted::alive == 2);
    CHECK(b->value == 1);
    d = std::move(b);
    CHECK(b->value == 0);
    CHECK(d->value == 1);
    Result<Counted>& same = d;
    d = same;
    d = std::move(same);
    CHECK(d->value == 1);
    b = 9;
    CHECK(b->value == 9);
    CHECK(std::move(b).value().value == 9);
    const Result<Counted> e = std::move(a);
    CHECK(e.error().call == std::string_view("read"));
    CHECK(e.value_or(Counted(3)).value == 3);
  }
  CHECK(Counted::alive == 0);
}

TEST_CASE("move-only values") {
  Result<std::unique_ptr<int>> r = std::make_unique<int>(5);
  CHECK(**r == 5);
  Result<std::unique_ptr<int>> moved = std::move(r);
  CHECK(*r == nullptr);
  const std::unique_ptr<int> taken = *std::move(moved);
  CHECK(*taken == 5);
  Result<std::unique_ptr<int>> none = Error{Errno::not_enough_memory, "new"};
  CHECK(std::move(none).value_or(nullptr) == nullptr);
  static_assert(!std::is_copy_constructible_v<Result<std::unique_ptr<int>>>);
  static_assert(!std::is_copy_assignable_v<Result<std::unique_ptr<int>>>);
}

TEST_CASE("odd values") {
  const Result<bool> no = false;
  CHECK(no.ok());
  CHECK(!*no);
  const Result<Errno> code = Errno::timed_out;
  CHECK(code.ok());
  CHECK(*code == Errno::timed_out);
  const Result<const char*> text = nullptr;
  CHECK(text.ok());
  Result<std::vector<int>> list = std::vector<int>{1, 2};
  list->push_back(3);
  CHECK(list->size() == 3);
  const Result<std::optional<int>> empty = std::nullopt;
  CHECK(empty.ok());
}

struct TwoWords {
  long a, b;
};

static_assert(std::is_trivially_copyable_v<Result<int>> && std::is_trivially_destructible_v<Result<int>>);
static_assert(std::is_trivially_copyable_v<Result<TwoWords>> && std::is_trivially_copyable_v<Result<void>>);
static_assert(sizeof(Result<size_t>) == 16 && sizeof(Result<void>) == 16 && sizeof(Result<char*>) == 16);
static_assert(!std::is_trivially_copyable_v<Result<std::string>>);
static_assert(std::is_nothrow_move_constructible_v<Result<std::string>>);
static_assert(!std::is_default_constructible_v<Result<int>>);
static_assert(!std::is_convertible_v<Result<int>, bool> && !std::is_convertible_v<std::string, Result<int>>);
static_assert(!std::is_constructible_v<Result<int>, const char*>);
static_assert([] {
  Result<int> r = 1;
  r = Error{Errno::timed_out, "x"};
  return r.error() == Errno::timed_out && Result<int>(3).value() == 3;
}());

// What `misuse` says in a process of its own, which it must end with status 2.
template <class F>
std::string last_words(F misuse) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 2);
    misuse();
    _exit(0);
  }
  close(ends[1]);
  std::string words;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) words.append(buffer, static_cast<size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 2);
  return words.substr(0, words.find('\n'));
}

TEST_CASE("misuse is fatal") {
  const Result<int> refused = Error{Errno::connection_refused, "connect"};
  const Result<void> failed = Error{Errno::io_error, "fsync"};
  const Result<int> fine = 1;
  const std::string text = "fatal error: connect: Connection refused";
  CHECK(last_words([&] { (void)refused.value(); }) == text);
  CHECK(last_words([&] { (void)*refused; }) == text);
  CHECK(last_words([&] { (void)refused.operator->(); }) == text);
  CHECK(last_words([&] { failed.value(); }) == "fatal error: fsync: Input/output error");
  CHECK(last_words([&] { (void)fine.error(); }).starts_with("fatal error: Result"));
  CHECK(last_words([&] { (void)Result<void>().error(); }).starts_with("fatal error: Result"));
  CHECK(last_words([&] { (void)Result<int>(Error{}); }).starts_with("fatal error: Result"));
}

}  // namespace
