// SPDX-License-Identifier: MIT
// What is left to do when the process ends in good order.
#pragma once

namespace mstart::runtime {

// Set by whoever has something to report (the birth table); null otherwise. exit_process calls it.
using AtExit = void (*)();
[[gnu::visibility("hidden")]] extern AtExit at_exit;

}  // namespace mstart::runtime
