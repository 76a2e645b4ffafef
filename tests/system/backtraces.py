#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Backtraces end where they should, and pass from a system stack to the G that called: gdb's, also through qemu's stub, and
the chains of frame pointers that perf records."""

import re
import subprocess

import common
from common import PATIENCE, expect, natively, need, program, run, scratch, skip, wrong

# Where a stack begins, from gdb's point of view: a G's, an M's, a scheduler's that a G has left, a thread's, the process's.
G, M, SCHEDULER = "mstart_gentry", "mstart_mstart", "mstart_bottom_of_stack"
BOTTOMS = {G, M, SCHEDULER, "mstart_clone_thread", "_start"}
BAD = ["Backtrace stopped", "corrupt stack", "??", "Cannot access memory", "previous frame", "No stack"]


# gdb 13 ends now and then with an internal error of its own (linux-nat.c:1849) in a program whose threads are being born. That
# says nothing about the program.
GDB_BUG = re.compile(r"linux-nat\.c:\d+: internal-error: ")


def batch(command):
    """A run of gdb; again if it met its own bug, and only then."""
    for _ in range(5):
        done = run(command, status=None)
        if not GDB_BUG.search(done.stdout + done.stderr):
            break
        print("     gdb met its own internal error")
    expect(done.returncode == 0, f"gdb: exit status {done.returncode}", done.stdout, done.stderr)
    return done.stdout


def gdb(what, *commands):
    """What gdb prints when tests/system/backtrace runs under it."""
    settings = ["set pagination off", "set confirm off", "set width 0", "set backtrace past-main on",
                "handle SIGSEGV nostop noprint pass"]
    *wrapper, path = program("tests/system/backtrace")
    tool = "gdb-multiarch" if wrapper else "gdb"
    need(tool)
    command = [tool, "-q", "-nx", "-batch", *(a for c in settings for a in ("-ex", c))]
    if not wrapper:
        script = [*commands[:1], "run", *commands[1:]]
        return batch([*command, *(a for c in script for a in ("-ex", c)), "--args", path, what])
    socket = scratch() / f"gdb-{what}"
    # A processor without SVE: of a signal frame with its registers gdb and qemu do not say the same vector length.
    with subprocess.Popen([wrapper[0], "-cpu", "cortex-a72", "-g", socket, *wrapper[1:], path, what],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as emulator:
        try:
            script = [f"python import os, time\nwhile not os.path.exists('{socket}'): time.sleep(0.01)",
                      f"target remote {socket}", *commands[:1], "continue", *commands[1:]]
            return batch([*command, *(a for c in script for a in ("-ex", c)), path])
        finally:
            emulator.kill()


def traces(text):
    """The lists of functions, innermost first, of each backtrace in gdb's output."""
    found = []
    for number, name in re.findall(r"^#(\d+) +(?:0x[0-9a-f]+ in )?(.+?)(?: \(.*| at .*)?$", text, re.M):
        if number == "0":
            found.append([])
        found[-1].append(name)
    return found


def check(text, *wanted):
    """One backtrace a list of names, which must occur in it in that order; the last name is where it ends."""
    found = traces(text)
    bad = [b for b in BAD if b in text]
    expect(not bad, f"{bad} in:", text)
    expect(len(found) >= len(wanted), f"{len(found)} backtraces, and not {len(wanted)}:", text)
    for trace, names in zip(found, wanted):
        expect(trace[-1] == names[-1], f"ends in {trace[-1]}, and not in {names[-1]}:", text)
        at = iter(trace)
        expect(all(any(name in function for function in at) for name in names), f"{names} are not there in this order:", text)


def of_a_g():
    check(gdb("g", "break in_g", "bt"), ["in_g", "in_g_caller", "mstart_gmain", G])
    check(gdb("main", "break in_g", "bt"), ["in_g", "in_g_caller", "main", "mstart_gmain", G])
    check(gdb("new_thread", "break in_g", "bt"), ["in_g", "in_g_caller", "mstart_gmain", G])


def of_a_scheduler():
    """In schedule() at the beginning of the first M, when a G has parked, and at the beginning of another M. (Under qemu the
    program may be over before that.)"""
    third = () if common.options.wrapper else ("continue", "bt")
    text = gdb("new_thread", "break mstart::runtime::schedule", "bt", "continue", "bt", *third)
    found = traces(text)
    ends = [trace[-1] for trace in found]
    expect(len(found) == 2 + len(third) // 2 and ends[0] == M and set(ends) == {M, SCHEDULER}, "schedule is under one of the two bottoms:", text)
    check(text)


def of_all_threads():
    """One thread has stopped in a G; one is the template thread; one sleeps, locked to a G that waits."""
    text = gdb("new_thread", "break in_g", "thread apply all bt")
    check(text)
    found = traces(text)
    expect(all(trace[-1] in BOTTOMS for trace in found), f"a thread's backtrace does not end in {BOTTOMS}:", text)
    for name, bottom in [("templateThread", M), ("stoplockedm", SCHEDULER), ("in_g", G)]:
        mine = [t for t in found if any(name in function for function in t)]
        expect(mine and mine[0][-1] == bottom, f"no thread in {name}, or not on {bottom}:", text)


def of_a_newborn():
    check(gdb("new_thread", "break mstart_mstart0", "bt", "continue", "bt"), ["mstart_mstart0", M], ["mstart_mstart0", M])
    check(gdb("new_thread", "break *mstart_mstart", "bt", "continue", "bt"), [M], [M])


@natively("it dies when two threads come to a breakpoint at once, as parent and child do here")
def of_a_clone():
    """Where the kernel lets parent and child go on: at the instruction after the system call."""
    code = gdb("new_thread", "disassemble mstart_clone_thread")
    after = re.search(r"\b(?:syscall|svc)\b.*\n *(?:=> )?(0x[0-9a-f]+) ", code)
    expect(after, "no system call in:", code)
    text = gdb("new_thread", f"break *{after[1]}", "bt", "continue", "bt")
    check(text)
    expect([t[0] for t in traces(text)] == ["mstart_clone_thread"] * 2 and all(t[-1] in BOTTOMS for t in traces(text)),
           "parent and child come from clone(2), each on its stack:", text)


def of_a_fault():
    """Through the signal's frame, from the alternate stack to the G's."""
    check(gdb("fault", "break mstart::runtime::throw_error", "bt"),
          ["throw_error", "on_fault", "<signal handler called>", "faults", "mstart_gmain", G])


def on_system_stack():
    for what in "low_stack", "high_stack":
        check(gdb(what, "break on_system_stack", "bt"), ["on_system_stack", "on_system_stack_caller", "mstart_gmain", G])


@natively("perf samples the emulator")
def perf_chains():
    """All samples of a program that spins in Gs and switches between them. A sample on the way between two stacks has no
    chain, or one that begins a frame further out; but none may go on behind a bottom."""
    need("perf")
    data = scratch() / "perf.data"
    record = run(["perf", "record", "-q", "-e", "cpu-clock:u", "-F", "2000", "--call-graph", "fp", "-o", data,
                  *program("tests/system/backtrace"), "spin"], status=None)
    if record.returncode:
        skip(f"perf record does not work: {(record.stderr.strip().splitlines() or ['?'])[-1]}")
    text = run(["perf", "script", "-i", data, "-F", "ip,sym"]).stdout
    chains = [re.findall(r"^\s*[0-9a-f]+ (.+)$", sample, re.M) for sample in text.split("\n\n")]
    whole = [c for c in chains if "spin_leaf" in c[:1]]
    expect(len(whole) > 20, f"only {len(whole)} of {len(chains)} samples are in spin_leaf:", text[:3000])
    by_caller = [c for c in whole if c[1:2] == ["spin"]]  # in a function's first and last instructions its caller is left out
    expect(len(by_caller) > 0.9 * len(whole), f"only {len(by_caller)} of {len(whole)} chains from spin_leaf go by spin")
    for chain in chains:
        if chain in whole and chain[-1] != G or len(chain) > 2 and chain[-1] not in BOTTOMS:
            wrong("a chain does not end at a bottom:", *chain)
    print(f"     {len(whole)} chains from the leaf, {len(chains)} in all")


common.main(of_a_g, of_a_scheduler, of_all_threads, of_a_newborn, of_a_clone, of_a_fault, on_system_stack, perf_chains)
