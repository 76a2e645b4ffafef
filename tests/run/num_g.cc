// SPDX-License-Identifier: MIT
// num_g() counts the Gs that live, main included, and is what dump() shows (Go's TestNumGoroutine).
// skip-sanitizer: dump() reads what others write, on purpose
#include "observe.h"

using namespace mstart;

namespace {

int dumped() {
  static char buffer[256 * 1024];
  Captured captured(2);
  dump(2);
  const std::string_view text = captured.text(buffer);
  return count(text, "\ngoroutine ") + (text.starts_with("goroutine ") ? 1 : 0);
}

}  // namespace

int main() {
  expect_equal(num_g(), 1, "Gs at the start");
  expect_equal(dumped(), 1, "Gs in the dump at the start");
  constexpr int kGs = 100;
  for (int i = 0; i < 10; ++i) {
    Gate gate;
    Scope scope;
    for (int n = 0; n < kGs; ++n) scope.go([&] { gate.wait(); });
    expect_equal(num_g(), kGs + 1, "Gs");
    expect_equal(dumped(), kGs + 1, "Gs in the dump");
    gate.open();
    scope.wait();
    wait_until([] { return num_g() == 1; });  // a G is counted out after it is done
  }
  expect_equal(dumped(), 1, "Gs in the dump at the end");
}
