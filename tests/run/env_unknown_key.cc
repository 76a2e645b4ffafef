// SPDX-License-Identifier: MIT
// Keys of MSTART_DEBUG that nobody knows are named in a warning; the others hold.
// env: MSTART_DEBUG=wibble=1,idle_ms=20,wobble
// stderr: unknown key "wibble"
// stderr: unknown key "wobble"
#include "expect.h"
#include "runtime/config.h"

int main() {
  mstart::yield();
  expect_equal(mstart::runtime::config.idle_ms, 20, "idle_ms");
}
