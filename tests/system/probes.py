#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The USDT probes: that their notes are there, and that bpftrace and perf, with the scripts in perf/scripts, see as many
births as there were."""

import contextlib
import os
import re
from pathlib import Path

import common
from common import SOURCE, expect, is_root, natively, need, program, run, scratch, skip

BIRTH = ["newproc", "wakep", "startm", "allocm", "clone__entered", "clone__returned", "child", "mstart", "minit", "acquirep",
         "schedule", "execute"]
OTHERS = ["park", "ready", "goexit"]
THREADS = 40
TRACEFS = Path("/sys/kernel/tracing")


def check_notes(path):
    text = run(["readelf", "-nW", path]).stdout
    notes = re.findall(r"Provider: (\S+)\s+Name: (\S+)\s+Location: (0x\w+), Base: (0x\w+), Semaphore: (0x\w+)", text)
    missing = set(BIRTH + OTHERS) - {n[1] for n in notes}
    expect(not missing, f"no probe for {sorted(missing)} in:", text)
    for provider, name, *addresses in notes:
        expect(provider == "mstart" and not [a for a in addresses if int(a, 16) == 0], f"{name} is not whole in:", text)
    semaphores = {}
    for _, name, _, _, semaphore in notes:
        expect(semaphores.setdefault(name, semaphore) == semaphore, f"{name} has two semaphores in:", text)
    expect(len(set(semaphores.values())) == len(semaphores), "two probes share a semaphore in:", text)


def notes():
    path = program("tests/system/lasting_threads")[-1]
    check_notes(path)
    stripped = scratch() / "stripped"
    tool = "aarch64-linux-gnu-strip" if common.options.wrapper else "strip"
    run([tool, "-s", "-o", stripped, path])
    check_notes(stripped)


@contextlib.contextmanager
def tracefs():
    if not is_root():
        skip("only root can trace")
    mounted = (TRACEFS / "events").exists()
    if not mounted:
        done = run(["mount", "-t", "tracefs", "tracefs", TRACEFS], status=None)
        if done.returncode:
            skip(f"tracefs cannot be mounted: {done.stderr.strip()}")
    try:
        yield
    finally:
        if not mounted:
            run(["umount", TRACEFS], status=None)


def check_counts(said, seen):
    """Each thread has begun exactly once. Births that are on their way when the process ends are seen in part."""
    born = re.search(r"^(\d+) threads born$", said, re.M)
    expect(born and int(born[1]) >= THREADS, said)
    for name, count in seen.items():
        expect(0 <= int(born[1]) + 1 - count <= 2, f"{count} times {name}, and {born[1]} threads have been born:", said, seen)


@natively("the kernel puts its probes into the emulator's instructions")
def by_bpftrace():
    need("bpftrace")
    with tracefs():
        probe = run(["bpftrace", "-e", "BEGIN { exit(); }"], status=None)
        if probe.returncode:
            skip(f"bpftrace does not run here: {(probe.stderr.strip().splitlines() or ['?'])[-1]}")
        path = program("tests/system/lasting_threads")[-1]
        text = run(["bpftrace", "-c", f"{path} {THREADS}", SOURCE / "perf/scripts/births.bt", path],
                   env={**os.environ, "MSTART_DEBUG": "birth=1"}).stdout
    counts = {name: int(n) for name, n in re.findall(r"^@(\w+): (\d+)$", text, re.M)}
    check_counts(text, {name: counts.get(name, 0) for name in ("clones", "births")})
    for number, (a, b) in enumerate([("newproc", "wakep"), ("wakep", "startm"), ("startm", "allocm"),
                                     ("allocm", "clone_entered"), ("clone_entered", "first_instruction"),
                                     ("first_instruction", "mstart"), ("mstart", "minit"), ("minit", "acquirep"),
                                     ("acquirep", "schedule"), ("schedule", "execute"), ("newproc", "execute")], 1):
        histogram = re.search(rf"^@ns_{number:02}_{a}_{b}: \n((?:\[.*\n)+)", text, re.M)
        expect(histogram, f"no histogram of {a} -> {b} in:", text)
        births = sum(int(n) for n in re.findall(r"\) +(\d+) \|", histogram[1]))
        # All births have the phases from clone to mstart; the others begin or end elsewhere now and then.
        expect(1 <= births <= counts["births"], f"{births} of {a} -> {b} in:", text)
        if 4 <= number <= 6:
            expect(births >= counts["births"] - 1, f"only {births} of {a} -> {b} in:", text)


@natively("the kernel puts its probes into the emulator's instructions")
def by_perf():
    need("perf")
    with tracefs():
        paranoid = run(["perf", "stat", "-e", "dummy", "true"], status=None)
        if paranoid.returncode:
            skip(f"perf does not run here: {(paranoid.stderr.strip().splitlines() or ['?'])[-1]}")
        data = scratch() / "births.data"
        done = run([SOURCE / "perf/scripts/births.sh", *program("tests/system/lasting_threads_with_id"), THREADS],
                   env={**os.environ, "OUT": str(data), "MSTART_DEBUG": "birth=1"})
        left = (TRACEFS / "uprobe_events").read_text()
    expect("sdt_mstart" not in left, "the script leaves its probes behind:", left)
    text = run(["perf", "script", "--ns", "-i", data]).stdout
    events = re.findall(r"sdt_mstart:(\w+?)(?:_\d+)?: \(", text)
    counts = {name: events.count(name) for name in BIRTH[1:]}
    expect(all(counts.values()), "some events are missing:", counts, text[:2000])
    check_counts(done.stdout, {name: counts[name] for name in ("clone__entered", "child")})


common.main(notes, by_bpftrace, by_perf)
