// SPDX-License-Identifier: MIT
// What the environment may set: MSTART_PROCS, MSTART_DEBUG, MSTART_TRACEBACK. Read once, at start-up; nothing under AT_SECURE.
// Unknown MSTART_DEBUG keys are named in a warning; a bad value ends the program with a text that says what is allowed. A
// variable that is empty is not set.
#pragma once

#include <cstdint>

namespace mstart::inline v0 {
class Sink;
}

namespace mstart::runtime {

// How much a fatal error tells: nothing but its text; the G it happened on; all of them; all, then SIGABRT for a core.
enum class Traceback : uint8_t { kNone, kSingle, kAll, kCrash };

struct Config {
  int procs = 0;                          // MSTART_PROCS=1..1024; 0: count the CPUs
  bool birth = false;                     // MSTART_DEBUG=birth=1: record births, print the table at the end
  int64_t idle_ms = 5000;                 // MSTART_DEBUG=idle_ms=0..3600000: how long an idle M stays; 0: for ever
  int64_t seed = -1;                      // MSTART_DEBUG=seed=N: seeded.h; -1: not set
  int deadlock_s = 0;                     // MSTART_DEBUG=deadlock=0..3600: how often to look for deadlocks; 0: never
  Traceback traceback = Traceback::kAll;  // MSTART_TRACEBACK=none|single|all|crash
};
[[gnu::visibility("hidden")]] extern Config config;

// Sets `config` from the environment, or ends the process with status 2.
void read_config();

// The three variables' values, null where not set, into *to; what there is to say about them, a line each, to `says`.
// False: there is an error among it, and *to is of no use.
bool parse_config(const char* procs, const char* debug, const char* traceback, Config* to, Sink& says);

}  // namespace mstart::runtime
