// SPDX-License-Identifier: MIT
// The parts of the standard library that need no object of libstdc++ work in a program without libc: HACKING.md's table.
// stdout: 34 parts of the standard library
#include <algorithm>
#include <any>
#include <array>
#include <atomic>
#include <bit>
#include <bitset>
#include <charconv>
#include <chrono>
#include <compare>
#include <coroutine>
#include <deque>
#include <forward_list>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <queue>
#include <random>
#include <ranges>
#include <shared_mutex>
#include <source_location>
#include <span>
#include <stack>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "expect.h"

// stable_sort asks for a buffer by a function that libstdc++ 12 calls deprecated.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

using namespace std::literals;

namespace {

int parts = 0;

void part(std::string_view name, bool works) {
  expect(works, name);
  mstart::print("{}{}", parts++ == 0 ? "" : ", ", name);
}

struct Counted {
  static inline int alive = 0;
  int value;
  explicit Counted(int v = 0) : value(v) { ++alive; }
  Counted(const Counted& other) : value(other.value) { ++alive; }
  Counted(Counted&& other) noexcept : value(std::exchange(other.value, -1)) { ++alive; }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) noexcept = default;
  ~Counted() { --alive; }
};

// Keeps values from being computed by the compiler.
template <class T>
T hidden(T value) {
  asm volatile("" : "+m"(value)::"memory");
  return value;
}

void sequences() {
  std::vector<int> v;
  for (int i = 0; i < 10000; ++i) v.push_back(i);
  v.insert(v.begin() + 5, 3, -1);
  v.erase(std::remove(v.begin(), v.end(), -1), v.end());
  v.resize(20000, 7);
  v.shrink_to_fit();
  std::vector<bool> bits(1000);
  bits[999] = true;
  {
    std::vector<Counted> counted(10);
    counted.emplace_back(3);
    counted.erase(counted.begin());
    part("vector", v.size() == 20000 && v.at(9999) == 9999 && v.back() == 7 && bits[999] && Counted::alive == 10);
  }

  std::deque<std::string> d;
  for (int i = 0; i < 1000; ++i) (i % 2 == 0 ? (void)d.push_back("back"s) : (void)d.push_front("front"s));
  d.pop_front();
  part("deque", d.size() == 999 && d.front() == "front" && d.back() == "back" && d[500] == "back");

  std::forward_list<int> forward{3, 1, 2};
  forward.push_front(0);
  forward.sort();
  part("forward_list", std::equal(forward.begin(), forward.end(), std::array{0, 1, 2, 3}.begin()));

  std::array<int, 4> array{4, 3, 2, 1};
  std::sort(array.begin(), array.end());
  part("array", array == std::array{1, 2, 3, 4} && std::get<0>(array) == 1);

  const std::span<const int> all(array);
  part("span", all.subspan(1, 2).size() == 2 && all.last(1)[0] == 4 && std::as_bytes(all).size() == 16);

  std::bitset<100> set;
  set.set(3).set(99);
  part("bitset", set.count() == 2 && (set << 1).test(4) && set.any());

  std::queue<int> queue;
  std::stack<int> stack;
  std::priority_queue<int> priority;
  for (const int i : {3, 9, 5}) queue.push(i), stack.push(i), priority.push(i);
  part("queue, stack, priority_queue", queue.front() == 3 && stack.top() == 5 && priority.top() == 9);
}

void text() {
  std::string s = "short";
  s += " and then too long for the place within the object";
  s.insert(0, "<").append(3, '>').replace(1, 5, "SHORT");
  const std::string copy = s;
  s.clear();
  part("string", copy.starts_with("<SHORT and") && copy.ends_with(">>>") && copy.find("object") == copy.size() - 9 &&
                     s.empty() && copy.substr(1, 5) + "!"s == "SHORT!" && copy.compare("<SHORT") > 0 &&
                     copy.rfind('>') == copy.size() - 1);
  std::u16string wide = u"wide";
  wide += u" text";
  part("u16string", wide.size() == 9 && wide.find(u't') == 5);
  part("to_string", std::to_string(-1234567890123) == "-1234567890123" && std::to_string(42U) == "42");

  constexpr std::string_view view = "one,two,three";
  part("string_view",
       view.find(',', 4) == 7 && view.substr(4, 3) == "two" && view.find_last_of("xt") == 8 && view < "p"sv);
}

void numbers() {
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, hidden(-987654321), 10);
  const auto [hex_end, hex_error] = std::to_chars(end, buffer + sizeof buffer, hidden(0xbeefU), 16);
  int64_t read = 0;
  const auto [stop, failed] = std::from_chars(buffer, end, read);
  int8_t small = 0;
  const auto too_large = std::from_chars(buffer, end, small);
  part("charconv of integers", error == std::errc() && std::string_view(buffer, end) == "-987654321" &&
                                   hex_error == std::errc() && std::string_view(end, hex_end) == "beef" &&
                                   failed == std::errc() && stop == end && read == -987654321 &&
                                   too_large.ec == std::errc::result_out_of_range);
  part("bit", std::popcount(hidden(0xf0U)) == 4 && std::countl_zero(hidden(1U)) == 31 &&
                  std::bit_ceil(hidden(33U)) == 64 && std::rotl(hidden(0x80000001U), 1) == 3 &&
                  std::bit_cast<uint32_t>(hidden(1.0F)) == 0x3f800000);
  std::vector<int> v(100);
  std::iota(v.begin(), v.end(), 1);
  part("numeric", std::accumulate(v.begin(), v.end(), 0) == 5050 && std::gcd(hidden(84), 36) == 12 &&
                      std::lcm(4, 6) == 12 && std::midpoint(hidden(2), 8) == 5);
  std::mt19937_64 random(1);
  std::uniform_int_distribution<int> dice(1, 6);
  int sum = 0;
  for (int i = 0; i < 6000; ++i) sum += dice(random);
  part("random engines and integer distributions", sum > 6000 * 3 && sum < 6000 * 4);
  part("limits",
       std::numeric_limits<int>::max() == 2147483647 && std::numeric_limits<double>::infinity() > hidden(1e308));
  part("128-bit integers", static_cast<uint64_t>(hidden(static_cast<unsigned __int128>(1) << 100) /
                                                 hidden(uint64_t{1} << 50)) == uint64_t{1} << 50);
}

void vocabulary() {
  std::optional<std::string> maybe;
  const bool was_empty = !maybe;
  maybe = "something long enough to be allocated";
  part("optional",
       was_empty && maybe->size() == 37 && maybe.value_or("x").starts_with("some") && maybe.value() == *maybe);

  std::variant<int, std::string, std::vector<int>> either = 3;
  const bool was_int = std::get<int>(either) == 3;
  either = "text";
  const size_t length = std::visit(
      [](const auto& x) -> size_t {
        if constexpr (std::is_same_v<std::decay_t<decltype(x)>, int>)
          return 0;
        else
          return x.size();
      },
      either);
  part("variant", was_int && either.index() == 1 && length == 4 && std::get_if<int>(&either) == nullptr);

  const auto [a, b, c] = std::tuple(1, "two"s, 3.0);
  part("tuple, pair", a == 1 && b == "two" && c == 3.0 && std::pair(1, 2) < std::pair(1, 3) &&
                          std::apply([](int x, int y) { return x * y; }, std::tuple(6, 7)) == 42);

  std::any any = std::vector<int>{1, 2, 3};
  part("any", std::any_cast<std::vector<int>>(&any)->size() == 3 && std::any_cast<int>(&any) == nullptr);
  part("compare", (hidden(1) <=> 2) == std::strong_ordering::less && std::tuple(1, 2) <=> std::tuple(1, 2) == 0);
  part("source_location",
       std::string_view(std::source_location::current().function_name()).find("vocabulary") != std::string_view::npos);
}

void pointers_and_functions() {
  {
    auto unique = std::make_unique<Counted>(5);
    auto other = std::move(unique);
    const auto many = std::make_unique<Counted[]>(10);
    part("unique_ptr", !unique && other->value == 5 && Counted::alive == 11);
  }
  {
    auto shared = std::make_shared<Counted>(6);
    const std::shared_ptr<Counted> copy = shared, own(new Counted(7));
    const std::weak_ptr<Counted> weak = shared;
    const std::shared_ptr<int> aliasing(copy, &copy->value);
    shared.reset();
    part("shared_ptr, weak_ptr", weak.use_count() == 2 && weak.lock() == copy && *aliasing == 6 && Counted::alive == 2);
  }
  expect(Counted::alive == 0, "all destroyed");
  struct alignas(256) Wide {
    char bytes[300];
  };
  const auto wide = std::make_unique<Wide>();
  const std::unique_ptr<int> nothrow(new (std::nothrow) int(1));
  part("new of aligned types", reinterpret_cast<uintptr_t>(wide.get()) % 256 == 0 && *nothrow == 1);

  std::function<int(int)> f = [base = "a capture that does not fit in"s](int x) {
    return x + static_cast<int>(base.size());
  };
  const auto copied = f;
  f = nullptr;
  part("function, bind, invoke",
       !f && copied(1) == 31 && std::bind(std::minus<>(), std::placeholders::_2, 1)(0, 5) == 4 &&
           std::invoke(&Counted::value, Counted(3)) == 3 && std::mem_fn(&Counted::value)(Counted(4)) == 4);
  part("hash", std::hash<std::string>()("abc") == std::hash<std::string_view>()("abc") &&
                   std::hash<std::string>()("abc") != std::hash<std::string>()("abd") && std::hash<int>()(3) == 3);
}

void algorithms() {
  std::vector<int> v(5000);
  std::iota(v.begin(), v.end(), 0);
  std::shuffle(v.begin(), v.end(), std::mt19937(3));
  auto stable = v, partly = v;
  std::sort(v.begin(), v.end());
  std::stable_sort(stable.begin(), stable.end(), [](int x, int y) { return x / 10 < y / 10; });
  std::nth_element(partly.begin(), partly.begin() + 100, partly.end());
  std::vector<std::string> words{"gamma", "alpha", "beta"};
  std::sort(words.begin(), words.end());
  part("algorithm", std::is_sorted(v.begin(), v.end()) && stable[42] / 10 == 4 && partly[100] == 100 &&
                        words[1] == "beta" && std::lower_bound(v.begin(), v.end(), 77) - v.begin() == 77 &&
                        std::count_if(v.begin(), v.end(), [](int x) { return x % 2 == 0; }) == 2500);
  std::vector<int> squares;
  std::ranges::copy(v | std::views::filter([](int x) { return x % 3 == 0; }) |
                        std::views::transform([](int x) { return x * x; }) | std::views::drop(1) | std::views::take(3),
                    std::back_inserter(squares));
  std::ranges::reverse(v);
  int fields = 0;
  for (const auto field : std::views::split("a,b,c"sv, ',')) fields += static_cast<int>(std::ranges::distance(field));
  part("ranges", squares == std::vector{9, 36, 81} && v.front() == 4999 && fields == 3 &&
                     std::ranges::max(words, {}, &std::string::size) == "alpha");
}

struct Generator {
  struct promise_type {
    int value = 0;
    Generator get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(int v) {
      value = v;
      return {};
    }
    void return_void() {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<promise_type> handle;
};

Generator count_to(int n) {
  for (int i = 1; i <= n; ++i) co_yield i;
}

void time_and_concurrency() {
  using namespace std::chrono;
  constexpr sys_days day = 2024y / February / 29;
  part("chrono durations and calendar", 90min == 1h + 30min && duration_cast<milliseconds>(1500us) == 1ms &&
                                            weekday(day) == Thursday && year_month_day(day + days(1)).month() == March);

  std::atomic<int> shared{0};
  int plain = 0;
  mstart::WaitGroup group;
  for (int i = 0; i < 8; ++i) {
    group.go([&] {
      for (int j = 0; j < 1000; ++j)
        shared.fetch_add(1, std::memory_order_relaxed), std::atomic_ref(plain).fetch_add(2);
    });
  }
  group.wait();
  std::atomic<double> real{1.5};
  real += 1;
  part("atomic, atomic_ref", shared == 8000 && plain == 16000 && real == 2.5 && !std::atomic_flag().test_and_set());

  struct {
    int depth = 0;
    void lock() { ++depth; }
    void unlock() { --depth; }
    bool try_lock() { return ++depth, true; }
    void lock_shared() { depth += 10; }
    void unlock_shared() { depth -= 10; }
  } one, two;
  bool held;
  {
    const std::scoped_lock both(one, two);
    const std::shared_lock reader(one);
    std::unique_lock late(two, std::defer_lock);
    late.lock();
    const std::lock_guard guard(one);
    held = one.depth == 12 && two.depth == 2;
  }
  part("lock classes", held && one.depth == 0 && two.depth == 0);

  const Generator generator = count_to(10);
  int sum = 0;
  while (generator.handle.resume(), !generator.handle.done()) sum += generator.handle.promise().value;
  generator.handle.destroy();
  part("coroutine", sum == 55);
}

}  // namespace

int main() {
  sequences();
  text();
  numbers();
  vocabulary();
  pointers_and_functions();
  algorithms();
  time_and_concurrency();
  mstart::print("\n{} parts of the standard library\n", parts);
}
