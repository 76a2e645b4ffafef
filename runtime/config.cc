// SPDX-License-Identifier: MIT
// Reads the settings where they stand, in the kernel's copy of the environment: nothing is copied or changed.
#include "runtime/config.h"

#include <mstart/print.h>

#include <cstring>

#include "os/auxv.h"
#include "os/sys.h"
#include "runtime/print.h"
#include "runtime/sched.h"

namespace mstart::runtime {

constinit Config config;

namespace {

// What a number may be, and what ends it beside the end of the text.
struct Range {
  char end;
  int64_t least, most;
  const char* must_be;
};
constexpr Range kProcs{0, 1, 1024, ": must be 1..1024\n"};
constexpr Range kSwitch{',', 0, 1, ": must be 0 or 1\n"};
constexpr Range kDeadlockS{',', 0, 3600, ": must be 0..3600\n"};
constexpr Range kIdleMs{',', 0, 3'600'000, ": must be 0..3600000\n"};
constexpr Range kSeed{',', 0, 99'999'999'999'999'999, ": must be 0..99999999999999999\n"};
static_assert(kProcs.most == kMaxProcs);

// Where `text` goes on behind `prefix`; null if it does not begin with it.
const char* behind(const char* text, const char* prefix) {
  while (*prefix != 0) {
    if (*text++ != *prefix++) return nullptr;
  }
  return text;
}

// One setting after the other: what was wrong is said, the others are read.
struct Parser {
  Sink& says;
  bool ok = true;

  // About what stands from `text` to `end`.
  void say(const char* before, const char* text, const char* end, const char* after) {
    says.write("mstart: ");
    says.write(before);
    says.write({text, end});
    says.write(after);
  }

  // The number at `value`, -1 if it is none. `variable` and `text`: what it is part of.
  int64_t number(const char* variable, const char* text, const char* value, const Range& range) {
    int64_t n = 0;
    const char* at = value;
    while (*at >= '0' && *at <= '9' && n <= range.most) n = n * 10 + (*at++ - '0');
    if (at != value && (*at == range.end || *at == 0) && n >= range.least && n <= range.most) return n;
    while (*at != range.end && *at != 0) ++at;
    say(variable, text, at, range.must_be);
    ok = false;
    return -1;
  }

  void debug(const char* text, Config& to) {
    constexpr const char* kVariable = "MSTART_DEBUG=";
    for (; *text != 0; ++text) {
      const char* end = text;
      while (*end != '=' && *end != ',' && *end != 0) ++end;
      const char* value = *end == '=' ? end + 1 : end;
      if (behind(text, "birth") == end)
        to.birth = number(kVariable, text, value, kSwitch) > 0;
      else if (behind(text, "idle_ms") == end)
        to.idle_ms = number(kVariable, text, value, kIdleMs);
      else if (behind(text, "seed") == end)
        to.seed = number(kVariable, text, value, kSeed);
      else if (behind(text, "deadlock") == end)
        to.deadlock_s = number(kVariable, text, value, kDeadlockS);
      else if (text != end)
        say("MSTART_DEBUG: unknown key \"", text, end, "\"\n");
      text = end;
      while (*text != ',' && *text != 0) ++text;
      if (*text == 0) return;
    }
  }

  void traceback(const char* text, Config& to) {
    const char* name = "none\0single\0all\0crash";
    for (uint8_t i = 0; i < 4; ++i) {
      const char* end = behind(text, name);
      if (end != nullptr && *end == 0) {
        to.traceback = Traceback{i};
        return;
      }
      name += std::strlen(name) + 1;
    }
    say("MSTART_TRACEBACK=", text, text + std::strlen(text), ": must be none, single, all or crash\n");
    ok = false;
  }
};

}  // namespace

bool parse_config(const char* procs, const char* debug, const char* traceback, Config* to, Sink& says) {
  Parser parser{says};
  if (procs != nullptr && *procs != 0)
    to->procs = static_cast<int>(parser.number("MSTART_PROCS=", procs, procs, kProcs));
  if (debug != nullptr) parser.debug(debug, *to);
  if (traceback != nullptr && *traceback != 0) parser.traceback(traceback, *to);
  return parser.ok;
}

void read_config() {
  if (os::process_start.secure) return;
  char buffer[1024];
  Sink says(buffer);
  const bool ok =
      parse_config(os::env("MSTART_PROCS"), os::env("MSTART_DEBUG"), os::env("MSTART_TRACEBACK"), &config, says);
  detail::write_all(2, says.text());
  if (!ok) os::exit_group(2);
}

}  // namespace mstart::runtime
