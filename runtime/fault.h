// SPDX-License-Identifier: MIT
// SIGSEGV and SIGBUS: a G's overflow of its stack, or a bad address, told in words. The one handler there is from the start.
#pragma once

namespace mstart::runtime {

void install_fault_handlers();

}  // namespace mstart::runtime
