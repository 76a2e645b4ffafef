// SPDX-License-Identifier: MIT
// A fatal error shows the Gs by the names that they were given; a G made of a dead one does not keep that one's.
// status: 2
// stderr: fatal error: the message
// stderr: spawned
// stderr: in a scope
// stderr: in a group
#include "observe.h"

using namespace mstart;

namespace {

int with_old_name() {
  static char buffer[64 * 1024];
  Captured captured(2);
  dump(2);
  return count(captured.text(buffer), "old name");
}

}  // namespace

int main() {
  set_procs(1);
  for (int i = 0; i < 100; ++i) go({.name = "old name"}, [] {});
  wait_until([] { return num_g() == 1; });
  Scope scope;
  WaitGroup group;
  Task<void> task = spawn({.name = "spawned"}, wait_for_ever);
  scope.go({.name = "in a scope"}, wait_for_ever);
  group.go({.name = "in a group"}, wait_for_ever);
  go(wait_for_ever);
  go(wait_for_ever);
  for (int i = 0; i < 10; ++i) yield();
  expect_equal(with_old_name(), 0, "Gs with an old name");
  fatal("the message");
}
