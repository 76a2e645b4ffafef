// SPDX-License-Identifier: MIT
// Exceptions belong to the G: it may park, and go on on another thread, in a try block, in a handler, in a destructor that
// runs while one is on its way; and meanwhile others do the same on the same threads. Nobody sees another's.
#include <exception>
#include <stdexcept>
#include <string>

#include "../run/expect.h"

using namespace mstart;

namespace {

std::atomic<int> migrations{0};

// The thread that this G is on ends, with another G that has locked it; as a rule.
void migrate() {
  const int before = thread_id();
  yield();
  Scope().go([] { lock_thread(); });
  migrations += thread_id() != before;
}

std::string text_of(const std::exception_ptr& e) {
  try {
    std::rethrow_exception(e);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

// Migrates while an exception passes through it.
struct Unwound {
  ~Unwound() {
    expect_equal(std::uncaught_exceptions(), 1, "exceptions on their way, in a destructor");
    migrate();
    expect_equal(std::uncaught_exceptions(), 1, "the same on another thread");
    try {
      throw std::runtime_error("inner");
    } catch (const std::runtime_error& error) {
      migrate();
      expect(error.what() == std::string_view("inner"), "the inner exception");
    }
  }
};

void one_g(int n) {
  const std::string mine = "exception of " + std::to_string(n);
  expect(std::current_exception() == nullptr && std::uncaught_exceptions() == 0, "a G begins with none");
  for (int round = 0; round < rounds(10); ++round) {
    try {
      try {
        migrate();
        const Unwound unwound;
        throw std::runtime_error(mine);
      } catch (const std::runtime_error& error) {
        expect(error.what() == mine, "the exception in its handler");
        migrate();
        expect_equal(std::uncaught_exceptions(), 0, "exceptions on their way, in a handler");
        expect(text_of(std::current_exception()) == mine, "the current exception after a park");
        try {
          throw std::logic_error("nested");
        } catch (const std::logic_error&) {
          migrate();
        }
        expect(text_of(std::current_exception()) == mine, "the outer exception after the nested one");
        throw;
      }
    } catch (const std::exception& error) {
      migrate();
      expect(error.what() == mine, "the exception that was thrown again");
    }
    expect(std::current_exception() == nullptr, "none is left");
  }
}

}  // namespace

int main() {
  const int status = run({.procs = 4}, [] {
    {
      Scope scope;
      for (int n = 0; n < 10; ++n) scope.go([n] { one_g(n); });
    }
    // One that ends in a handler leaves nothing to the next.
    for (int i = 0; i < 100; ++i) {
      Scope().go([] {
        try {
          throw 1;
        } catch (int) {
          goexit();
        }
      });
      Scope().go([] { expect(std::current_exception() == nullptr, "a G begins with none"); });
    }
    expect(spawn([] { return std::current_exception(); }).join() == nullptr, "a G begins with none");
    // A function that throws has been called (Go's TestOncePanic).
    Once once;
    for (int i = 0; i < 2; ++i) {
      try {
        once.call([] { throw 1; });
        expect(i == 1, "the exception leaves the call that ran the function");
      } catch (int) {
        expect(i == 0, "nobody runs it again");
      }
    }
  });
  expect(migrations > 20 * rounds(10), "Gs that went on on another thread");
  return status;
}
