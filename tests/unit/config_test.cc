// SPDX-License-Identifier: MIT
// The environment's settings: what is taken, what is warned about, what is refused and with which words.
#include "runtime/config.h"

#include <doctest/doctest.h>
#include <mstart/print.h>

#include <string>

using mstart::runtime::Config;
using mstart::runtime::Traceback;

namespace {

struct Parsed {
  bool ok;
  Config config;
  std::string says;
};

Parsed parse(const char* procs, const char* debug = nullptr, const char* traceback = nullptr) {
  char buffer[512];
  mstart::Sink says(buffer);
  Parsed parsed{};
  parsed.ok = mstart::runtime::parse_config(procs, debug, traceback, &parsed.config, says);
  parsed.says = says.text();
  return parsed;
}

}  // namespace

TEST_CASE("what is not set, or empty, stays as it is") {
  for (const char* text : {static_cast<const char*>(nullptr), ""}) {
    const Parsed p = parse(text, text, text);
    CHECK(p.ok);
    CHECK(p.says == "");
    CHECK(p.config.procs == 0);
    CHECK(p.config.birth == false);
    CHECK(p.config.idle_ms == 5000);
    CHECK(p.config.seed == -1);
    CHECK(p.config.deadlock_s == 0);
    CHECK(p.config.traceback == Traceback::kAll);
  }
}

TEST_CASE("good values are taken") {
  const Parsed p = parse("16", "birth=1,idle_ms=250", "crash");
  CHECK(p.ok);
  CHECK(p.says == "");
  CHECK(p.config.procs == 16);
  CHECK(p.config.birth);
  CHECK(p.config.idle_ms == 250);
  CHECK(p.config.traceback == Traceback::kCrash);
}

TEST_CASE("the limits themselves are allowed, and leading zeros are decimal") {
  CHECK(parse("1").config.procs == 1);
  CHECK(parse("1024").config.procs == 1024);
  CHECK(parse("0016").config.procs == 16);
  CHECK(parse(nullptr, "idle_ms=0").config.idle_ms == 0);
  CHECK(parse(nullptr, "idle_ms=3600000").config.idle_ms == 3'600'000);
  CHECK(parse(nullptr, "deadlock=0").config.deadlock_s == 0);
  CHECK(parse(nullptr, "deadlock=3600").config.deadlock_s == 3600);
  CHECK_FALSE(parse(nullptr, "birth=0").config.birth);
  CHECK(parse(nullptr, "seed=0").config.seed == 0);
  CHECK(parse(nullptr, "seed=99999999999999999").config.seed == 99'999'999'999'999'999);
  CHECK(parse(nullptr, nullptr, "none").config.traceback == Traceback::kNone);
  CHECK(parse(nullptr, nullptr, "single").config.traceback == Traceback::kSingle);
  CHECK(parse(nullptr, nullptr, "all").config.traceback == Traceback::kAll);
}

TEST_CASE("the last of equal keys counts, empty settings do not") {
  const Parsed p = parse(nullptr, ",birth=0,,birth=1,idle_ms=7,idle_ms=8,");
  CHECK(p.ok);
  CHECK(p.says == "");
  CHECK(p.config.birth);
  CHECK(p.config.idle_ms == 8);
}

TEST_CASE("a bad MSTART_PROCS is refused with what is allowed") {
  for (const std::string text : {"0", "1025", "-1", "+2", "4x", " 4", "4,5", "x", ",", "99999999999999999999999"}) {
    CAPTURE(text);
    const Parsed p = parse(text.c_str());
    CHECK_FALSE(p.ok);
    CHECK(p.says == "mstart: MSTART_PROCS=" + text + ": must be 1..1024\n");
  }
}

TEST_CASE("a bad value in MSTART_DEBUG is refused, without what follows it") {
  CHECK(parse(nullptr, "birth=2").says == "mstart: MSTART_DEBUG=birth=2: must be 0 or 1\n");
  CHECK(parse(nullptr, "birth=,idle_ms=1").says == "mstart: MSTART_DEBUG=birth=: must be 0 or 1\n");
  CHECK(parse(nullptr, "idle_ms=3600001,birth=1").says == "mstart: MSTART_DEBUG=idle_ms=3600001: must be 0..3600000\n");
  CHECK(parse(nullptr, "idle_ms=1s").says == "mstart: MSTART_DEBUG=idle_ms=1s: must be 0..3600000\n");
  CHECK(parse(nullptr, "seed=100000000000000000").says ==
        "mstart: MSTART_DEBUG=seed=100000000000000000: must be 0..99999999999999999\n");
  CHECK(parse(nullptr, "seed=99999999999999999999999").says ==
        "mstart: MSTART_DEBUG=seed=99999999999999999999999: must be 0..99999999999999999\n");
  CHECK(parse(nullptr, "deadlock=3601").says == "mstart: MSTART_DEBUG=deadlock=3601: must be 0..3600\n");
  CHECK(parse(nullptr, "birth").says == "mstart: MSTART_DEBUG=birth: must be 0 or 1\n");
  CHECK_FALSE(parse(nullptr, "birth=2").ok);
  CHECK_FALSE(parse(nullptr, "idle_ms=1s").ok);
}

TEST_CASE("unknown keys are named in a warning, and the others count") {
  const Parsed p = parse(nullptr, "foo,birth=1,schedtrace=1000,birth1=2,Birth=1");
  CHECK(p.ok);
  CHECK(p.config.birth);
  CHECK(p.says ==
        "mstart: MSTART_DEBUG: unknown key \"foo\"\n"
        "mstart: MSTART_DEBUG: unknown key \"schedtrace\"\n"
        "mstart: MSTART_DEBUG: unknown key \"birth1\"\n"
        "mstart: MSTART_DEBUG: unknown key \"Birth\"\n");
}

TEST_CASE("a bad MSTART_TRACEBACK is refused with what is allowed") {
  for (const std::string text : {"some", "ALL", "all,crash", "crashed", "singl", "0"}) {
    CAPTURE(text);
    const Parsed p = parse(nullptr, nullptr, text.c_str());
    CHECK_FALSE(p.ok);
    CHECK(p.says == "mstart: MSTART_TRACEBACK=" + text + ": must be none, single, all or crash\n");
  }
}

TEST_CASE("everything that is wrong is said at once") {
  const Parsed p = parse("0", "what,idle_ms=no", "maybe");
  CHECK_FALSE(p.ok);
  CHECK(p.says ==
        "mstart: MSTART_PROCS=0: must be 1..1024\n"
        "mstart: MSTART_DEBUG: unknown key \"what\"\n"
        "mstart: MSTART_DEBUG=idle_ms=no: must be 0..3600000\n"
        "mstart: MSTART_TRACEBACK=maybe: must be none, single, all or crash\n");
}
