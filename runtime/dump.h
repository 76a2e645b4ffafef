// SPDX-License-Identifier: MIT
// Who is where: the report behind dump() and every fatal error, and the counts of Gs.
#pragma once

#include <cstdint>

#include "runtime/g.h"

namespace mstart::runtime {

// Gs that are not dead, main included: a moment's truth. Exact if no G runs.
uint64_t live_gs();

// One G's paragraph: "goroutine 7 [waitgroup, 3 s]: name\n\tat 0x... 0x...\n\tcreated at 0x...\n". The addresses are return
// addresses, for addr2line: up to 16, from frame pointers. Of a G that runs on another thread there are none.
void dump_g(int fd, const G* g);

// What a fatal error tells beside its text (MSTART_TRACEBACK); with `crash` it does not come back.
void report_state();

}  // namespace mstart::runtime
