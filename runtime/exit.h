// SPDX-License-Identifier: MIT
// What is left to do when the process ends in good order.
#pragma once

namespace mstart::runtime {

// Set by whoever has something to report (the birth table); null otherwise. exit_process calls it.
using AtExit = void (*)();
[[gnu::visibility("hidden")]] extern AtExit at_exit;

// For main's end: if another thread reports a failure, that ends the process, and not this one (Go's main waits, too).
void let_failure_report();

}  // namespace mstart::runtime
