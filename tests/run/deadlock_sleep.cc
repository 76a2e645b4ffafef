// SPDX-License-Identifier: MIT
// While a G sleeps there is no deadlock; when the last has woken up and all others wait, there is. No time at all is no sleep.
// Or main is gone, and the last sleeper ends. Or main sleeps until never.
// cases: wait goexit never
// status: 2
// stdout: woken
// stderr: deadlock!
// once: fatal error
// freestanding-only: nobody knows what foreign threads may bring
#include "expect.h"

using namespace mstart;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
  const std::string_view what = which_case(argc, argv);
  for (int i = 0; i < 100; ++i) go([] { sleep_for(0s); });
  go([] {
    sleep_for(20ms);
    print("woken\n");
  });
  if (what == "goexit") goexit();
  if (what == "never") sleep_until(never);
  wait_for_ever();
}
