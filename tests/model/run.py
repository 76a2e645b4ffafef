#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks one model of this folder with spin, in all its states: run.py MODEL.

The model must hold, in each configuration that CONFIGURATIONS names; and with each mistake that it offers, a macro BUG_...
that is defined, it must fail. A search that did not go through all states counts as a failure."""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MEMORY_MB = 1900
DEPTH = 1_000_000

# Macros of the right model. The mistakes are planted in the first.
CONFIGURATIONS = {
    "runq": ["-DOPS=2"],
    "note": [""],
    "idle": ["-DSPARE=0", "-DSPARE=0 -DGS=2", "-DSPARE=0 -DGS=2 -DIDLE_PS=1"],
    "freem": ["", "-DHOSTED"],
    "template": ["", "-DLOCKERS=3 -DROUNDS=1"],
    "select": ["-DTIMEOUT", "-DSELECTS=1 -DPLAINS=3"],
    "timer": ["-DOPS=2", "-DRUNNERS=1"],
    "sema": [""],
    "mutex": ["", "-DROUNDS=2"],
}


def call(*command, **how):
    return subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how)


def search(model, macros, optimize):
    """(what pan printed, the states) of a search that stops at the first error."""
    with tempfile.TemporaryDirectory(prefix="mstart-model-") as folder:
        made = call("spin", "-a", *macros.split(), HERE / f"{model}.pml", cwd=folder)
        if made.returncode or not (Path(folder) / "pan.c").exists() or "rror" in made.stdout:
            sys.exit(f"spin -a {macros} {model}.pml:\n{made.stdout[-2000:]}")
        # SAFETY: no cycles are asked for. The generated code is large, and warnings in it are spin's affair.
        made = call("gcc", optimize, "-w", "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={MEMORY_MB}", "pan.c", "-o", "pan", cwd=folder)
        if made.returncode:
            sys.exit(f"gcc pan.c: {made.stdout[-2000:]}")
        # -E: that a process waits for ever is no error; the model's last assertions say what is.
        output = call("./pan", "-E", f"-m{DEPTH}", cwd=folder).stdout
    states = re.search(r"([\d.e+]+) states, stored", output)
    if not states:
        sys.exit(f"{model} {macros}: pan said\n{output[-2000:]}")
    return output, int(float(states[1]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    options = parser.parse_args()
    model, failures = options.model, 0
    for macros in CONFIGURATIONS[model]:
        output, states = search(model, macros, "-O1")
        cut = re.search(r"Search not completed|max search depth too small|memory limit|hash conflicts: .*overflow", output)
        right = "errors: 0" in output and not cut
        failures += not right
        print(f"{'holds' if right else 'WRONG'}  {model} {macros}: {states} states" + ("" if right else "\n" + output[-1500:]),
              flush=True)
    bugs = sorted(set(re.findall(r"\bBUG_\w+", (HERE / f"{model}.pml").read_text())))
    for bug in bugs:
        output, states = search(model, f"{CONFIGURATIONS[model][0]} -D{bug}", "-O0")  # soon found
        error = re.search(r"pan:\d+: (assertion violated.*)", output)
        failures += not error
        print(f"{'found' if error else 'MISSED'}  {bug}: {error[1] if error else output[-1500:]}, {states} states", flush=True)
    if not bugs:
        sys.exit("the model offers no mistakes")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
