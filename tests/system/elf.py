#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is in our files: programs that need nothing, with no page both writable and executable; marks for control-flow
protection on every object; sizes; what the core leaves undefined; and the static-PIE form."""

import re
import sys

import common
from common import SOURCE, expect, program, run, scratch, skip

EXAMPLES = ["examples/births"]
PROGRAMS = ["perf/perf_hello", "perf/perf_print_only", "tests/system/static_pie_hello", *EXAMPLES]
# Of stripped files.
# What must not grow. The goal for hello was 14 KiB; HACKING.md says what it is made of and what was tried.
MOST_BYTES = {"perf/perf_print_only": 4 << 10, "perf/perf_hello": 42 << 10}
# AArch64: room for an empty page, which ld adds to .text where its way around the Cortex-A53's erratum 843419 may want a
# stub; whether it does changes with every line. Without it hello has 57.8 KB.
MOST_BYTES_AARCH64 = {"perf/perf_print_only": 6 << 10, "perf/perf_hello": 61 << 10}


def tool(name):
    """A binutils program that reads the build's files."""
    return f"aarch64-linux-gnu-{name}" if common.options.wrapper else name


def readelf(*arguments):
    return run([tool("readelf"), "-W", *arguments]).stdout


def path(name):
    return program(name)[-1]


def needs_nothing():
    for name in PROGRAMS:
        segments = readelf("-l", path(name))
        expect("INTERP" not in segments, f"{name} wants a dynamic loader:", segments)
        dynamic = readelf("-d", path(name))
        expect("NEEDED" not in dynamic, f"{name} wants libraries:", dynamic)
        undefined = [line for line in readelf("-s", path(name)).splitlines() if re.search(r" (GLOBAL|WEAK) .* UND \w", line)]
        strong = [line for line in undefined if " GLOBAL " in line]
        expect(not strong, f"{name} has undefined symbols:", *strong)


def nothing_writable_is_executable():
    for name in PROGRAMS:
        segments = readelf("-l", path(name))
        loaded = re.findall(r"^ +(LOAD|GNU_STACK) .* 0x\w+ 0x\w+ ([RWE ]{3}) 0x", segments, re.M)
        expect(len(loaded) >= 2 and "GNU_STACK" in dict(loaded), f"{name} has no GNU_STACK:", segments)
        for kind, flags in loaded:
            expect(not ("W" in flags and "E" in flags), f"{name}: {kind} is {flags}:", segments)


def mark():
    return "BTI" if common.options.wrapper else "IBT"


def unmarked(archive):
    members = re.split(r"^File: ", readelf("-n", archive), flags=re.M)[1:]
    expect(members, f"no members: {archive}")
    return [m.split("\n")[0] for m in members if not re.search(rf"Properties:.*\b{mark()}\b", m)]


def marks():
    """IBT on x86-64, BTI on AArch64: an object without it takes the mark from the whole program."""
    for archive in "libmstart.a", "libmstart_start.a":
        without = unmarked(path(f"runtime/{archive}"))
        expect(not without, f"no {mark()} mark on {len(without)} objects:", *without)


def marked_program():
    libgcc = run([tool("g++"), "-print-libgcc-file-name"]).stdout.strip()
    if common.options.wrapper and unmarked(libgcc):
        skip("libgcc's objects for AArch64 have no BTI mark here, so the linker drops every program's")
    notes = readelf("-n", path("tests/system/marked_hello"))
    expect(re.search(rf"Properties:.*\b{mark()}\b", notes), f"the linker has dropped the {mark()} mark:", notes)


def sizes():
    said = []
    for name, most in (MOST_BYTES_AARCH64 if common.options.wrapper else MOST_BYTES).items():
        stripped = scratch() / "stripped"
        run([tool("strip"), "-o", stripped, path(name)])
        bytes_ = stripped.stat().st_size
        said.append(f"{name}: {bytes_} bytes, at most {most}")
        print("    ", said[-1])
    expect(all(int(s.split()[1]) <= int(s.split()[-1]) for s in said), *said)


def undefined_symbols():
    done = run([sys.executable, SOURCE / "tests/tidy.py", "--symbols", path("runtime/libmstart.a"), "--nm", tool("nm"),
                "--ld", tool("ld")], status=None)
    expect(done.returncode == 0, done.stdout, done.stderr)


def static_pie():
    """Loaded somewhere else each time, and read-only where it has been relocated."""
    command = program("tests/system/static_pie_hello")
    header = readelf("-h", command[-1])
    expect("DYN" in header, "not position-independent:", header)
    starts = set()
    # qemu-user loads always at the same address, but where that is depends on how much address space it is to reserve.
    emulator, program_itself = command[:-1], command[-1]
    for i in range(10):
        done = run([*emulator, *(["-R", hex((i + 1) << 36)] if emulator else []), program_itself, "maps"])
        expect("hello from 8 Gs\n" in done.stdout, done.stdout)
        mine = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) (\S+) .*static_pie_hello$", done.stdout, re.M)
        expect(mine, "its mappings:", done.stdout)
        starts.add(int(mine[0][0], 16))
        expect(not [m for m in mine if "w" in m[2] and "x" in m[2]], "writable and executable:", done.stdout)
        relro = re.search(r"GNU_RELRO +0x\w+ 0x(\w+) 0x\w+ 0x\w+ 0x(\w+)", readelf("-l", command[-1]))
        first = int(mine[0][0], 16) + int(relro[1], 16)
        end = (first + int(relro[2], 16)) & -4096
        writable = [m for m in mine if "w" in m[2] and int(m[0], 16) < end and int(m[1], 16) > first & -4096]
        expect(end > first and not writable, f"RELRO {first:#x}..{end:#x} is writable:", done.stdout)
    expect(len(starts) > 1, "always at the same address")


@common.natively("GNU ld packs relocations for x86-64 only")
def static_pie_packed():
    """Relocations in the packed form."""
    command = program("tests/system/static_pie_packed")
    expect("RELR" in readelf("-d", command[-1]), "the linker has packed nothing")
    done = run(command)
    expect(done.stdout == "hello from 8 Gs\n", done.stdout)


common.main(needs_nothing, nothing_writable_is_executable, marks, marked_program, sizes, undefined_symbols, static_pie,
            static_pie_packed)
