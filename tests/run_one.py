#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs one program of tests/run and compares what it does with what its source says.

    run_one.py [--hosted] [--sanitizer=NAME] SOURCE [WRAPPER...] PROGRAM

The head comment of SOURCE may hold lines of the form `// KEY: value`:
    args:    what to pass                      env:     NAME=VALUE, may be repeated
    status:  the exit status, 0 if not said    stdout, stderr: a text that must occur; may be repeated
    once:    a text that must occur on stderr exactly once; may be repeated
    no-stderr:  nothing may be written there   skip-qemu:  why it cannot run under qemu-user
    times:   how often to run it (elsewhere than natively a tenth as often)   timeout: seconds for each run (60)
    cases:   words; it runs once for each, which is its argument, or stands for {case} in the other lines
    cases-NAME:  the cases under that sanitizer; there are none under others
    not-NAME:    those of the cases that are nothing for that sanitizer
    freestanding-only:  why it is no program for a process with libc
    skip-sanitizer:  why it cannot run under AddressSanitizer or ThreadSanitizer
ONLY_CASE in the environment names the one case that is to run.
A program that exits with 77 is skipped; its last line of output is the reason. Under qemu-user and sanitizers it has
EMULATED=1 in its environment, to do less.
"""
import argparse
import os
import re
import subprocess
import sys


def directives(source):
    found = {}
    for line in open(source, encoding="utf-8"):
        if not line.startswith("//"):
            break
        if m := re.match(r"// ([a-z-]+): (.*)", line):
            found.setdefault(m[1], []).append(m[2].strip())
        elif re.match(r"// (no-stderr)$", line):
            found["no-stderr"] = [""]
    return found


def run(command, said, environment):
    """One run; gives the exit status of the test, and says what was wrong."""
    limit = float(said.get("timeout", ["60"])[0])
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", timeout=limit)
    except subprocess.TimeoutExpired as late:
        print(*command[1:], f"does not end in {limit:.0f} s", late.stdout, late.stderr, sep="\n")
        return 1
    if done.returncode == 77:
        print((done.stdout + done.stderr).strip().splitlines()[-1])
        return 77
    wrong = []
    if done.returncode != int(said.get("status", ["0"])[0]):
        wrong.append(f"exit status {done.returncode}")
    for stream, text in (("stdout", done.stdout), ("stderr", done.stderr)):
        wrong += [f"{stream} does not say {part!r}" for part in said.get(stream, []) if part not in text]
    wrong += [f"stderr says {part!r} {done.stderr.count(part)} times" for part in said.get("once", [])
              if done.stderr.count(part) != 1]
    if "no-stderr" in said and done.stderr:
        wrong.append("something on stderr")
    if wrong:
        print(*command[1:], "; ".join(wrong), "--- stdout", done.stdout[-3000:], "--- stderr", done.stderr[-6000:],
              sep="\n")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hosted", action="store_true")
    parser.add_argument("--sanitizer", default="none")
    parser.add_argument("source")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    command = options.command
    said = directives(options.source)
    qemu = len(command) > 1 and "qemu" in os.path.basename(command[0])
    sanitized = options.sanitizer != "none"
    for applies, where, key in [(qemu, "under qemu-user", "skip-qemu"), (options.hosted, "hosted", "freestanding-only"),
                                (sanitized, "under a sanitizer", "skip-sanitizer")]:
        if applies and key in said:
            print(f"{where}:", said[key][0])
            return 77
    by_sanitizer = {key.removeprefix("cases-"): value for key, value in said.items() if key.startswith("cases-")}
    if by_sanitizer and options.sanitizer not in by_sanitizer:
        print("without a sanitizer that would find something")
        return 77
    cases = by_sanitizer.get(options.sanitizer, said.pop("cases", [""]))[0].split()
    not_here = said.get(f"not-{options.sanitizer}", [""])[0].split()
    cases = [case for case in cases if case not in not_here]
    if cases:
        said.setdefault("args", ["{case}"])
    if only := os.environ.get("ONLY_CASE"):
        cases = [cases[cases.index(only)]]
    for case in cases or [""]:
        here = {key: [value.replace("{case}", case) for value in values] for key, values in said.items()}
        environment = dict(os.environ)
        if qemu or sanitized:
            environment["EMULATED"] = "1"
        for entry in here.get("env", []):
            name, _, value = entry.partition("=")
            environment[name] = value
        times = int(here.get("times", ["1"])[0])
        for _ in range(max(times // 10, 1) if qemu or sanitized else times):
            if status := run(command + here.get("args", [""])[0].split(), here, environment):
                return status
    return 0


sys.exit(main())
