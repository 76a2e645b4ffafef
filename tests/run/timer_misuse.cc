// SPDX-License-Identifier: MIT
// What is fatal with timers, and what it says.
// cases: ticker ticker_reset nil_function empty
// status: 2
// once: fatal error
#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
  const std::string_view what = which_case(argc, argv);
  const Ticker ticker(1h);
  void (*no_function)() = nullptr;
  if (what == "ticker") Ticker zero(0s);
  if (what == "ticker_reset") ticker.reset(-1s);
  if (what == "nil_function") after_func(0s, no_function);
  if (what == "empty") Timer().stop();
}
