// SPDX-License-Identifier: MIT
// The only thread that there may be is locked to a G that sleeps: nobody can wake it up, and that is said.
// status: 2
// stderr: runtime: program exceeds 1-thread limit
// stderr: fatal error: thread exhaustion
// timeout: 20
#include "expect.h"

using namespace mstart;

int main() {
  set_max_threads(1);
  lock_thread();
  sleep_for(std::chrono::milliseconds(1));
}
