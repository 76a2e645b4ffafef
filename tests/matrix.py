#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The test matrix: the build trees, which suites each runs, and one summary of them all.

    tests/matrix.py [--full] [-k PATTERN]    test every tree (./dev test)
    tests/matrix.py --build TREE [TARGET]    only configure and compile one (the other commands of ./dev)

A tree is a meson build folder below build/. It is set up anew when its arguments have changed, and only then.

The last line of a test run is "N passed, N failed, N skipped". Every meson test of every tree counts as one. A tree
that does not build is one failure; a time-out is a failure; a test that exits 77 is skipped, its last line of output
being the reason.
"""

import argparse
import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

GCC = "--native-file meson/gcc.ini "
CLANG = "--native-file meson/clang.ini "
CROSS = "--cross-file meson/aarch64.ini "
RELEASE = "--buildtype release "
DEBUG = "--buildtype debug --optimization 1 "
# Undefined behaviour traps: a freestanding program has no room for libubsan's messages.
UBSAN = "-Dtrap_ub=true "
SANITIZED = "--buildtype debugoptimized -Dhosted_only=true -Db_lundef=false "


@dataclass(frozen=True)
class Tree:
    name: str
    suites: str          # "*": all but soak, which --full adds
    setup: str           # arguments of meson setup
    full: bool = False   # only with --full
    slow: int = 1        # multiplies the time-outs


TREES = [
    Tree("gcc", "*", GCC + RELEASE),
    Tree("clang", "unit run", CLANG + RELEASE),
    Tree("debug", "unit run", GCC + DEBUG + UBSAN, full=True, slow=2),
    Tree("tsan", "unit hosted", CLANG + SANITIZED + "-Db_sanitize=thread", slow=5),
    Tree("aarch64", "*", CROSS + RELEASE, slow=5),
    Tree("asan", "unit hosted", CLANG + SANITIZED + "-Db_sanitize=address,undefined", full=True, slow=3),
    Tree("clang-debug", "unit run", CLANG + DEBUG, full=True, slow=2),
    Tree("lto", "unit run", GCC + RELEASE + "-Db_lto=true", full=True),
    Tree("static-pie", "run", GCC + RELEASE + "-Db_pie=true", full=True),
]


class BuildError(Exception):
    pass


def call(*command):
    """Runs a command; gives its exit status and all that it printed."""
    done = subprocess.run([str(c) for c in command], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    return done.returncode, done.stdout


def folder(tree):
    return ROOT / "build" / tree.name


def configure(tree):
    stamp = folder(tree) / ".dev-args"
    arguments = shlex.split(tree.setup)
    machine_files = [ROOT / a for a in arguments if a.endswith(".ini")]
    wanted = tree.setup + "\n" + "".join(f.read_text() for f in machine_files)
    if stamp.exists() and stamp.read_text() == wanted and (folder(tree) / "build.ninja").exists():
        return
    shutil.rmtree(folder(tree), ignore_errors=True)
    status, output = call("meson", "setup", folder(tree), *arguments)
    if status:
        raise BuildError(tail(output))
    stamp.write_text(wanted)


def build(tree, targets=()):
    configure(tree)
    call("ninja", "-C", folder(tree), "build.ninja")  # a target may be new
    status, output = call("ninja", "-C", folder(tree), *targets)
    if status:  # ninja stops soon after the first failure; what went before it is of no interest
        raise BuildError(tail(output[max(output.find("FAILED:"), 0):], 80))


def introspect(tree, what):
    return json.loads((folder(tree) / "meson-info" / f"intro-{what}.json").read_text())


def selected(tree, pattern):
    """The tests of the tree's suites that match the pattern: as meson describes them."""
    configure(tree)
    call("ninja", "-C", folder(tree), "build.ninja")  # a test may be new
    suites = tree.suites.split()
    return [t for t in introspect(tree, "tests") if re.search(pattern, t["name"])
            and ("*" in suites or {s.split(":")[-1] for s in t["suite"]} & set(suites))]


def needed(tree, tests):
    """The targets that these tests run; none, which is everything, where programs are looked at from outside."""
    if tree.suites == "*":
        return []
    ids = {i for t in tests for i in t["depends"]}
    files = [file for target in introspect(tree, "targets") if target["id"] in ids for file in target["filename"]]
    return sorted({str(Path(file).relative_to(folder(tree))) for file in files})


def test(tree, full, names):
    """Runs the tree's suites, or of these only the tests named; gives the records of meson's log."""
    log = folder(tree) / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    if tree.suites == "*":
        suites = [] if full else ["--no-suite", "soak"]
    else:
        suites = [a for s in tree.suites.split() for a in ("--suite", s)]
    status, output = call("meson", "test", "-C", folder(tree), "--timeout-multiplier", tree.slow, *suites, *names)
    results = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    if status and not any(outcome(r) == "failed" for r in results):
        raise BuildError(f"meson test exits {status}:\n{tail(output)}")
    return results


def outcome(result):
    return {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}.get(result["result"], "failed")


def ending(result):
    code = result["returncode"]
    return f"exit status {code}" if code >= 0 else f"signal {-code} ({signal.strsignal(-code)})"


def printed(result):
    return (result.get("stdout", "") + result.get("stderr", "")).rstrip()


def tail(text, lines=40):
    return "\n".join(text.rstrip().splitlines()[-lines:])


def run_matrix(full, pattern):
    count = {"passed": 0, "failed": 0, "skipped": 0}
    skips = []
    for tree in TREES:
        if tree.full and not full:
            continue
        print(f"{tree.name:<12}", end="", flush=True)
        start = time.monotonic()
        try:
            tests = selected(tree, pattern or "")
            if not tests:
                print(" no test matches")
                continue
            names = sorted({t["name"] for t in tests}) if pattern else []
            build(tree, needed(tree, tests))
            print(f" built in {time.monotonic() - start:4.0f} s,", end="", flush=True)
            start = time.monotonic()
            results = test(tree, full, names)
        except BuildError as error:
            count["failed"] += 1
            print(f" FAILED\n{error}", flush=True)
            continue
        here = [outcome(r) for r in results]
        print(f" tested in {time.monotonic() - start:4.0f} s: "
              + ", ".join(f"{here.count(o)} {o}" for o in count), flush=True)
        for result in results:
            kind = outcome(result)
            count[kind] += 1
            name = f"{tree.name}/{result['name'].split(' / ')[-1]}"
            if kind == "failed":
                print(f"--- {result['result']} {name}, {ending(result)}, after {result['duration']:.1f} s:\n"
                      f"{tail(printed(result))}\n---", flush=True)
            elif kind == "skipped":
                skips.append(f"SKIP {name}: {tail(printed(result), 1) or 'gives no reason'}")
    print(*skips, ", ".join(f"{n} {o}" for o, n in count.items()), sep="\n", flush=True)
    return count["failed"] != 0 or not any(count.values())


def main():
    parser = argparse.ArgumentParser(prog="./dev test")
    parser.add_argument("--full", action="store_true", help="all trees, and the soaks")
    parser.add_argument("-k", metavar="PATTERN", help="only tests whose name matches this regular expression")
    parser.add_argument("--build", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.build:
        return run_matrix(options.full, options.k)
    name, *targets = options.build
    tree = next(t for t in TREES if t.name == name)
    try:
        build(tree, targets)
    except BuildError as error:
        print(f"{error}\ndev: build/{tree.name} does not build", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
