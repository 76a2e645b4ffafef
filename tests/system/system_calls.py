#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How many system calls a program makes, by strace: before main, for the birth of a thread, for its end.

The programs mark places by calls that nothing else makes: getppid is main's (in perf/birth.cc before each go()), getpgid is
the first statement of a G on its new thread."""

import re
from dataclasses import dataclass, field

import common
from common import expect, natively, need, program, run, scratch

MOST_BEFORE_MAIN = 12
BIRTHS = 60
EMULATOR_S = "strace sees the emulator's system calls"
SLAB = 8  # Ms for which memory is mapped at once


@dataclass(frozen=True)
class Call:
    thread: str
    name: str
    arguments: str

    def grows_memory(self):
        """Part of mapping a chunk of stacks or Ms: mapping it, guarding it, and looking whether the guard is there."""
        return self.name in ("mmap", "madvise", "process_madvise", "mprotect") \
            or self.name == "rt_sigprocmask" and re.match(r"0x63\b|99\b", self.arguments) is not None


def trace(*command):
    """All system calls after the exec, in order of entry."""
    need("strace")
    log = scratch() / "strace"
    run(["strace", "-f", "-qq", "-o", log, *command])
    calls = [Call(*c) for c in re.findall(r"^(\d+) +(\w+)\(([^\n]*)", log.read_text(errors="replace"), re.M)]
    expect(calls and calls[0].name == "execve", "strace recorded no exec")
    return calls[1:]


def listed(calls):
    return "\n".join(f"  {c.thread} {c.name}({c.arguments[:90]}" for c in calls)


def before(calls, mark):
    names = [c.name for c in calls]
    expect(mark in names, f"there is no {mark}:\n{listed(calls)}")
    return calls[:names.index(mark)]


def check_start(calls):
    expect(len(calls) <= MOST_BEFORE_MAIN, f"{len(calls)} system calls before main:\n{listed(calls)}")
    made = [c for c in calls if "clone" in c.name or "fork" in c.name]
    expect(not made and len({c.thread for c in calls}) <= 1, f"a second thread before the first go():\n{listed(calls)}")


@natively(EMULATOR_S)
def before_main():
    hello = before(trace(*program("perf/perf_hello"), "mark"), "getppid")
    births = before(trace(*program("examples/births"), "--only-reach-main"), "exit_group")
    print_only = before(trace(*program("perf/perf_print_only")), "write")
    for calls in hello, births, print_only:
        check_start(calls)
    print(f"     hello {len(hello)}, births {len(births)}, print_only {len(print_only)}")


@natively(EMULATOR_S)
def no_gs_no_threads():
    calls = trace(*program("perf/perf_print_only"))
    expect([c.name for c in calls[-2:]] == ["write", "exit_group"], f"one write, then the end:\n{listed(calls)}")
    check_start(calls)


@dataclass
class Birth:
    creator: str
    threads_before: set
    creators: list = field(default_factory=list)  # calls, from the mark until it blocks
    child: str = ""
    childs: list = field(default_factory=list)    # from its first to its mark
    end: list = field(default_factory=list)       # from its mark on
    child_runs_g: bool = False
    blocked: bool = False


def births_of(calls):
    """One a getppid, with the thread that is cloned in its course and runs the G."""
    births, seen = [], set()
    for call in calls:
        if call.name == "getppid":
            births.append(Birth(call.thread, set(seen)))
        seen.add(call.thread)
        if not births or call.name == "getppid":
            continue
        birth = births[-1]
        if call.thread == birth.creator:
            birth.blocked = birth.blocked or call.name == "futex"
            if not birth.blocked:
                birth.creators.append(call)
        elif call.thread not in birth.threads_before and not birth.child:
            birth.child = call.thread
        if call.thread == birth.child:
            if call.name == "getpgid":
                birth.child_runs_g = True
            else:
                (birth.end if birth.child_runs_g else birth.childs).append(call)
    return births


@natively(EMULATOR_S)
def birth_and_end():
    births = births_of(trace(*program("perf/perf_birth"), "--mark", "-n", str(BIRTHS)))
    # The first one pays for the first memory, and its lock_thread() for the template thread.
    on_new_threads = [b for b in births[1:] if b.child_runs_g]
    expect(len(on_new_threads) >= BIRTHS, f"only {len(on_new_threads)} of {len(births)} Gs ran on new threads")
    grew = 0
    for birth in on_new_threads:
        creators = [c for c in birth.creators if not c.grows_memory()]
        grew += creators != birth.creators
        expect([c.name for c in creators] == ["clone"] and [c.name for c in birth.childs] == ["sigaltstack"],
               f"a birth is a clone and a sigaltstack, and not, of the creator's:\n{listed(birth.creators)}",
               f"and of the child's:\n{listed(birth.childs)}")
        end = [c.name for c in birth.end]
        # The G's own: it wakes its creator.
        expect(end[end[:1] == ["futex"]:] == ["rt_sigprocmask", "exit"],
               f"a thread's end is rt_sigprocmask and exit, and not:\n{listed(birth.end)}")
    expect(grew <= len(births) / SLAB, f"memory grew in {grew} of {len(births)} births")
    print(f"     {len(on_new_threads)} births, memory grew in {grew}")


@natively(EMULATOR_S)
def lasting_births():
    """Threads that stay: memory for them is mapped in chunks of 8; otherwise again a clone and a sigaltstack each."""
    calls = trace(*program("tests/system/lasting_threads"), str(BIRTHS))
    calls = calls[[c.name for c in calls].index("getppid"):]
    clones = [c for c in calls if c.name == "clone"]
    stacks = [c for c in calls if c.name == "sigaltstack"]
    # One for each G, and the template thread; an M more or less was on its way when the last G began.
    expect(BIRTHS <= len(clones) <= BIRTHS + 4, f"{len(clones)} clones for {BIRTHS} Gs that keep their threads")
    expect(len(stacks) == len(clones), f"{len(stacks)} sigaltstack, {len(clones)} clone")
    slabs = [c for c in calls if c.name == "mmap" and "MAP_STACK" in c.arguments]
    expect(len(slabs) <= len(clones) / SLAB + 4, f"{len(slabs)} mappings for {len(clones)} threads:\n{listed(slabs)}")
    known = {"clone", "sigaltstack", "futex", "getppid", "write", "exit_group", "prctl", "sched_getaffinity",
             "open", "openat", "read", "close", "rt_sigprocmask"}  # prctl to close: the count of Ps, once
    other = [c for c in calls if c.name not in known and not c.grows_memory()]
    expect(not other, f"what else is needed for threads?\n{listed(other)}")
    print(f"     {len(clones)} births, {len(slabs)} mappings")


common.main(before_main, no_gs_no_threads, birth_and_end, lasting_births)
