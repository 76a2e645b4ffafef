#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""threadlab from outside: each subject makes births, both collectors agree with the subjects, phases add up, a delay is
found where it was put, nothing is left behind. No test here depends on how fast the machine is."""

import contextlib
import csv
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import common
from common import expect, is_root, need, program, run, scratch, skip

INSTANCES = Path("/sys/kernel/tracing/instances")
NOBODY = 65534
LABELS = {"warmup": 1, "stale": 2, "misplaced": 4}
KERNEL = ["sys_enter_clone", "task_newtask", "sched_process_fork", "sched_wakeup_new", "sched_switch", "sys_exit_clone"]
FEW = ["-n", "5", "--rounds", "1", "--warmup", "2"]


def lab(*arguments, **how):
    return run(program("perf/lab/threadlab") + list(arguments), **how)


def measured(*arguments, prefix=(), **how):
    """What `threadlab run` writes as JSON, its births as dicts."""
    file = scratch() / f"{time.monotonic_ns()}.json"
    run([*prefix, *program("perf/lab/threadlab"), "run", *arguments, "-q", "--json", file], **how)
    result = json.loads(file.read_text())
    for subject in result["subjects"]:
        expect(not subject["problem"], subject["problem"])
        for each in subject["rounds"]:
            each["births"] = [dict(zip(result["birth_columns"], row)) for row in each["births"]]
    return result


def births(result, kind="traced", name=None):
    return [b for s in result["subjects"] if name in (None, s["name"]) for r in s["rounds"] if r["kind"] == kind for b in r["births"]]


def moments(result, birth):
    """[(name, ticks since begin)] of those that are there, in their order."""
    columns = result["birth_columns"]
    return [(n, 0 if n == "begin" else birth[n]) for n in columns[columns.index("begin"):] if birth[n] is not None]


def check_births(result, kind, has=()):
    found = births(result, kind)
    expect(len(found) == 7 * len(result["subjects"]), f"{len(found)} {kind} births")
    for birth in found:
        at = moments(result, birth)
        expect([t for _, t in at] == sorted(t for _, t in at), "not in causal order:", at)
        expect(at[-1][0] == "end" and birth["tid"] not in (0, birth["creator_tid"]), birth)
        expect(not birth["disordered"], "the counters disagree:", birth)
        if not birth["labels"] & LABELS["stale"]:
            expect(set(has) <= {n for n, _ in at}, "missing:", set(has) - {n for n, _ in at}, at)


def subject(name, *arguments, has=()):
    result = measured(name, *FEW, "--kernel", "none", "--no-calls", *arguments)
    check_births(result, "plain")
    check_births(result, "traced", has)
    plain = [n for b in births(result, "plain") for n, _ in moments(result, b)]
    expect(set(plain) == {"begin", "end"}, "stamps in a plain round:", set(plain))


RUNTIME = ["allocm", "clone_entered", "first_instruction", "mstart", "minit"]


def subject_mstart():
    subject("mstart", has=RUNTIME + ["newproc", "wakep", "startm", "acquirep", "schedule", "first_g"])


def subject_mstart_m():
    subject("mstart-m", has=RUNTIME)


def subject_clone():
    for name in ("clone", "clone3", "clone-altstack"):
        subject(name)


def subject_pthread_glibc():
    subject("pthread-glibc")


def subject_pthread_musl():
    need("musl-gcc")
    subject("pthread-musl")


def subject_std_thread():
    subject("std-thread")


def subject_go():
    need("go")
    subject("go", "--rest", "100")


def factors():
    """Each level of each factor, where a subject has it."""
    for name in ("mstart", "mstart-m", "clone", "pthread-glibc"):
        for arguments in (["--stack", "fresh"], ["--stack", "reused"], ["--parent", "spin"], ["--cpu", "other"], ["--rest", "10"]):
            subject(name, *arguments)
        result = measured(name, *FEW, "--kernel", "off", "--no-calls", "--cpu", "same")
        expect(len({b[c] for b in births(result, "plain") for c in ("cpu", "creator_cpu")}) == 1, "more than one CPU")
    refused = run([*program("perf/lab/threadlab"), "run", "std-thread", *FEW, "--stack", "fresh"], status=1)
    expect("std-thread" in refused.stderr, refused.stderr)


def bursts():
    for name in ("mstart", "mstart-m", "clone", "pthread-glibc", "std-thread"):
        result = measured(name, "-n", "24", "--rounds", "1", "--warmup", "8", "--burst", "8", "--kernel", "none", "--no-calls")
        for i, first in enumerate(b for b in births(result) if b["place"] == 0):
            of_burst = births(result)[8 * i:8 * i + 8]
            expect(len({b["tid"] for b in of_burst}) == 8, f"{name}: not eight threads at once")
            expect(all(b["end"] <= first["released"] <= first["reusable"] for b in of_burst), f"{name}: not all ran before the end")


def kernel_tracefs():
    if not is_root():
        skip("tracefs is for root")
    everywhere = ["mstart,clone,pthread-glibc", *FEW, "--kernel", "tracefs", "--no-calls"]
    check_births(measured(*everywhere, "--cpu", "same"), "traced", KERNEL)
    # A newborn's switch from another CPU's idle thread may be missing: see collect_tracefs.cc.
    check_births(measured(*everywhere), "traced", [name for name in KERNEL if name != "sched_switch"])
    expect(not list(INSTANCES.glob("threadlab-*")), "an instance is left")


def as_nobody():
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if is_root() else []


def nobody_can_run():
    need("setpriv")
    if is_root() and subprocess.run([*as_nobody(), "test", "-x", program("perf/lab/threadlab")[0]]).returncode:
        skip("nobody may not enter this folder")
    if int(Path("/proc/sys/kernel/perf_event_paranoid").read_text()) > 2:
        skip("kernel.perf_event_paranoid forbids perf_event_open")


def kernel_perf_as_nobody():
    nobody_can_run()
    os.chmod(scratch(), 0o777)
    result = measured("mstart,clone,pthread-glibc", *FEW, "--no-calls", prefix=as_nobody())
    expect(result["collector"] == "perf", result["collector"])
    check_births(result, "traced", ["sched_process_fork", "sched_switch"])


def calls():
    """As strace counts them."""
    result = measured("mstart,clone,clone-altstack", *FEW, "--kernel", "off")
    counted = {s["name"]: s["calls"]["names"] for s in result["subjects"]}
    expect(counted == {"mstart": "clone (sigaltstack)", "clone": "clone", "clone-altstack": "clone (sigaltstack)"}, counted)


def injected_delay():
    """300 us in sigaltstack: mstart -> minit grows by them, no other phase does. Seen on the quickest of the births: what the
    machine's load adds is not in those."""
    need("strace")
    def profile(*inject):
        prefix = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=sigaltstack", *inject]
        if subprocess.run([*prefix, "true"], capture_output=True).returncode:
            skip("strace may not trace here")
        result = measured("mstart", "-n", "60", "--rounds", "1", "--kernel", "none", "--no-calls", prefix=prefix)
        ns = result["clock"]["ns_per_tick"]
        phases = {}
        for birth in births(result):
            if birth["labels"] == 0:
                at = moments(result, birth)
                for (_, before), (name, after) in zip(at, at[1:]):
                    phases.setdefault(name, []).append((after - before) * ns)
        return {name: min(times) for name, times in phases.items()}
    without = profile()
    delayed = profile("-e", "inject=sigaltstack:delay_enter=300")
    grown = {name: delayed[name] - without[name] for name in without}
    # All of the delay is in it; some of that is time that stopping for strace would have taken anyway.
    expect(delayed["minit"] >= 300_000 and grown["minit"] >= 100_000, delayed, grown)
    others = {name: by for name, by in grown.items() if name != "minit"}
    expect(max(others.values()) < grown["minit"] / 2, grown)


def interrupt():
    """Ctrl-C: the status says so, the subject is gone, no instance is left."""
    with subprocess.Popen([*program("perf/lab/threadlab"), "run", "clone", "-n", "50000", "--rounds", "1", "--rest", "1000"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        deadline = time.monotonic() + common.PATIENCE
        subject_pid = ""
        while not subject_pid:
            expect(time.monotonic() < deadline and process.poll() is None, "no subject was started")
            with contextlib.suppress(FileNotFoundError, ValueError):
                pids = [p for p in children.read_text().split() if "subject_clone" in Path(f"/proc/{p}/cmdline").read_text()]
                subject_pid = pids[0] if pids else ""
        process.send_signal(signal.SIGINT)
        expect(process.wait(common.PATIENCE) == 130, process.returncode)
    expect(not Path(f"/proc/{subject_pid}").exists(), "the subject still runs")
    expect(not is_root() or not list(INSTANCES.glob("threadlab-*")), "an instance is left")


def stale_instance():
    """What a killed run left is reported, and removed by the next."""
    if not is_root():
        skip("tracefs is for root")
    lab("run", "clone", *FEW, "-q", "--kernel", "tracefs", "--no-calls")  # mounts it
    gone = subprocess.Popen(["true"])
    gone.wait()
    left = INSTANCES / f"threadlab-{gone.pid}"
    left.mkdir()
    expect(left.name in lab("doctor").stdout, "not reported")
    lab("run", "clone", *FEW, "-q", "--kernel", "tracefs", "--no-calls")
    expect(not left.exists(), "not removed")


def doctor_refused():
    """Whatever is refused, the doctor says why and what would help, and does not fail."""
    fake = scratch() / "tracing"
    (fake / "instances").mkdir(parents=True, exist_ok=True)
    says = lab("doctor", "--tracefs", fake).stdout
    expect("NO   the kernel's six moments" in says and "would help" in says, says)
    (fake / "trace_clock").write_text("[local] global\n")
    expect("no trace clock x86-tsc" in lab("doctor", "--tracefs", fake).stdout, "another reason")
    (fake / "trace_clock").write_text("[local] x86-tsc\n")
    says = lab("doctor", "--tracefs", fake).stdout  # an instance in which nothing can be set
    expect("NO   the kernel's six moments" in says, says)
    for entry in fake.iterdir():
        entry.chmod(0)
    nobody_can_run()
    os.chmod(scratch(), 0o755)
    says = run([*as_nobody(), *program("perf/lab/threadlab"), "doctor", "--tracefs", fake]).stdout
    expect("run it as root" in says, says)


def csv_and_json():
    table, result = scratch() / "births.csv", scratch() / "births.json"
    lab("run", "mstart,clone", *FEW, "-q", "--kernel", "none", "--no-calls", "--csv", table, "--json", result)
    rows = list(csv.DictReader(table.open()))
    expect(len(rows) == 2 * 2 * 7, len(rows))
    for row in rows:
        whole = sum(float(v) for k, v in row.items() if k.startswith("to_") and v)
        expect(abs(whole - float(row["whole_ns"])) < 2, row)
    expect(json.loads(result.read_text())["schema_version"] == 1, "schema")
    only = lab("run", "clone", *FEW, "--json", "-", "--no-calls", "--kernel", "off").stdout
    expect(json.loads(only)["subjects"][0]["name"] == "clone", only[:200])


def exit_status():
    """0: fine, 1: an error; 2, too noisy to say, while the limit is that nobody else may do anything at all."""
    lab("--help")
    lab("run", "clone", *FEW)
    expect("there are mstart" in lab("run", "nothing", status=1).stderr, "no list of subjects")
    lab("run", "clone", "--parent", "sleep", status=1)
    lab("compare", "clone", status=1)
    refused = lab("compare", "clone", "clone3", "-n", "240", "--noise-limit", "0", "--no-calls", status=2)
    expect("too noisy to say" in refused.stdout and "environment: " in refused.stdout, refused.stdout)
    plain = lab("run", "clone", *FEW, "--ascii").stdout
    expect(plain.isascii(), plain)


if __name__ == "__main__":
    common.main(subject_mstart, subject_mstart_m, subject_clone, subject_pthread_glibc, subject_pthread_musl, subject_std_thread,
                subject_go, factors, bursts, kernel_tracefs, kernel_perf_as_nobody, calls, injected_delay, interrupt,
                stale_instance, doctor_refused, csv_and_json, exit_status)
