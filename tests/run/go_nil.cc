// SPDX-License-Identifier: MIT
// To start a G without a function is fatal: a null function pointer, an empty std::function (Go's GoNil).
// cases: pointer function spawn scope group try_go
// status: 2
// stderr: fatal error: go of nil func value
#include <functional>

#include "expect.h"

using namespace mstart;

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  void (*pointer)() = nullptr;
  const std::function<void()> function;
  int (*number)() = nullptr;
  Scope scope;
  WaitGroup group;
  if (which == "pointer") go(pointer);
  if (which == "function") go(function);
  if (which == "spawn") spawn(number).join();
  if (which == "scope") scope.go(function);
  if (which == "group") group.go(pointer);
  if (which == "try_go") (void)try_go(pointer);
}
