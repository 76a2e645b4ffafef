# SPDX-License-Identifier: MIT
"""What the tests of this folder share: running programs, checking, skipping.

A test is `NAME.py BUILD [--wrapper COMMAND] [CASE...]`: BUILD is the meson build folder, COMMAND runs a program of another
processor, a case is a function that the script gives to main(); all of them if none is named. A case fails by wrong() or
any other exception, and does not apply by skip(). The exit status is 1 if one failed, 77 if all were skipped."""

import argparse
import functools
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds; only what hangs takes so long


class Wrong(Exception):
    pass


class Skip(Exception):
    pass


def wrong(*what):
    raise Wrong("\n".join(str(w) for w in what))


def expect(holds, *what):
    if not holds:
        wrong(*what)


def skip(reason):
    raise Skip(reason)


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            skip(f"there is no {tool}")


def program(name):
    """The command that runs a program of the build."""
    path = options.build / name
    expect(path.exists(), f"{path} has not been built")
    return [*options.wrapper, str(path)]


def run(command, status=0, **how):
    """Runs to the end and gives what it printed. status: what it must exit with; None: anything. Signals are -1, -2, ..."""
    done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", **{"timeout": PATIENCE, **how})
    if status is not None and done.returncode != status:
        wrong(f"{shlex.join(str(c) for c in command)}: exit status {done.returncode}, and not {status}",
              "--- stdout", done.stdout[-3000:], "--- stderr", done.stderr[-3000:])
    return done


def scratch():
    """A folder that is gone at the end of the script."""
    if not hasattr(scratch, "folder"):
        scratch.folder = tempfile.TemporaryDirectory(prefix="mstart-test-")
    return Path(scratch.folder.name)


def natively(reason):
    """Of a case that says nothing under an emulator: why."""
    def mark(case):
        @functools.wraps(case)
        def if_native():
            if options.wrapper:
                skip(f"under qemu-user: {reason}")
            case()
        return if_native
    return mark


def is_root():
    return os.geteuid() == 0


def outcome(case):
    try:
        case()
    except Skip as reason:
        return "skip", str(reason)
    except Wrong as what:
        return "FAIL", str(what)
    except Exception:  # whatever it is, it belongs to this case, and the others shall run
        return "FAIL", traceback.format_exc()
    return "ok", ""


def main(*cases):
    global options
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=Path)
    parser.add_argument("--wrapper", type=shlex.split, default=[])
    parser.add_argument("case", nargs="*")
    options = parser.parse_intermixed_args()
    options.build = options.build.resolve()
    known = {case.__name__: case for case in cases}
    outcomes = []
    for name in options.case or known:
        outcomes.append(outcome(known[name]))
        how, why = outcomes[-1]
        print(f"{how:4} {name}{': ' + why if why else ''}", flush=True)
    how = [h for h, _ in outcomes]
    if "FAIL" in how:
        sys.exit(1)
    if set(how) == {"skip"}:
        print(outcomes[-1][1])
        sys.exit(77)
