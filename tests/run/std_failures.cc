// SPDX-License-Identifier: MIT
// What would throw or abort elsewhere is fatal here, with the standard library's text.
// cases: vector::_M_range_check basic_string::substr std::bad_function_call std::system_error abort std::terminate pure memory vector::reserve Assertion
// status: 2
// stderr: fatal error:
// stderr: {case}
// freestanding-only: libstdc++ throws
#include <cassert>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "expect.h"

// Not in a namespace without a name: the compiler would see that nothing else can be called.
struct Base {
  Base() { call(); }
  virtual ~Base() = default;
  [[gnu::noinline]] void call() {
    Base* self = this;
    asm volatile("" : "+r"(self)::"memory");
    self->asked();
  }
  virtual void asked() = 0;
};
struct Derived : Base {
  void asked() override {}
};

namespace {

struct Lockable {
  void lock() {}
  void unlock() {}
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  std::vector<int> three(3);
  const std::string text = "abc";
  size_t n = 5;
  asm volatile("" : "+r"(n));
  if (which == "vector::_M_range_check") return three.at(n);
  if (which == "basic_string::substr") return static_cast<int>(text.substr(n).size());
  if (which == "std::bad_function_call") std::function<void()>()();
  if (which == "std::system_error") std::unique_lock<Lockable>().lock();
  if (which == "abort") return std::optional<int>().value();
  if (which == "std::terminate") std::terminate();
  if (which == "pure") Derived().call();
  if (which == "memory") return static_cast<int*>(::operator new(n << 60))[0];
  if (which == "vector::reserve") {
    std::vector<long> v;
    v.reserve(n << 60);
  }
  if (which == "Assertion") assert(n == 4);
  return 0;
}
