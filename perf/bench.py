#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures us and our peers, in turn, and prints one table (./dev bench).

    perf/bench.py [--build DIR] [--rounds N] [--quick] [ROW...]    rows by number (B1, or B1a) or by our program's name
    perf/bench.py --self-test                                      checks this file's own arithmetic

Ours are the programs DIR/perf/perf_* of a build tree DIR (build/gcc); the peers are compiled here, from perf/peers/
into DIR/bench/peers/. Births are measured by DIR/perf/lab/threadlab, ours and the peers'. In each round every program of a row runs once, ours first. A value is the median of the rounds;
a ratio is ours / peer, the median of the rounds' own ratios, with the smallest and the largest. DIR/bench/ gets
results.json, with all that every run gave, and ratios.svg. Exit status 1: something was not built or failed, or a count
of ours exceeds its limit.

To add a row, add a Bench to BENCHES and its peers to PEERS. A program prints one line of JSON and knows --quick.
"""

import argparse
import json
import math
import os
import platform
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Callable, NamedTuple
from xml.etree import ElementTree
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
GO = "env CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o"
CXX = "g++ -std=c++20 -O2 -o"
FIBER = "-lboost_fiber -lboost_context -pthread"

# Every peer, and how it is compiled in perf/peers/.
PEERS = {
    "wake_futex": "gcc -O2 -pthread -o {} wake_futex.c",
    "switch_boost": CXX + " {} switch_boost.cc -lboost_context",
    "switch_ret": CXX + " {} switch_ret.cc",
    "yield_go": GO + " {} yield.go bench.go",
    "yield_fiber": CXX + " {} yield_fiber.cc " + FIBER,
    "spawn_go": GO + " {} spawn.go bench.go",
    "spawn_fiber": CXX + " {} spawn_fiber.cc " + FIBER,
    "chan_go": GO + " {} chan.go bench.go",
    "select_go": GO + " {} select.go bench.go",
    "skynet_go": GO + " {} skynet.go bench.go",
    "mutex_go": GO + " {} mutex.go bench.go",
    "shared_mutex_go": GO + " {} shared_mutex.go bench.go",
    "waitgroup_go": GO + " {} waitgroup.go bench.go",
    "hello_musl": "musl-gcc -Os -static -o {} hello_pthread.c",
    "hello_glibc": "gcc -O2 -static -pthread -o {} hello_pthread.c",
    "hello_go": GO + " {} hello.go",
    "idle_go": GO + " {} idle.go",
    "timer_go": GO + " {} timer.go bench.go",
    "sleep_clock": "gcc -O2 -o {} sleep_clock.c",
}

# ---- measures: each runs a program and gives {metric: value} ---------------------------------------------------------


class Failure(Exception):
    pass


def run(command, seconds=300):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise Failure(f"still runs after {seconds} s") from None
    if done.returncode:
        raise Failure(f"exit status {done.returncode} {done.stderr.strip()[-200:]}")
    return done.stdout


def what_it_prints(command, quick):
    return json.loads(run(command + ["--quick"] * quick))


def what_it_prints_on_one_cpu(command, quick):
    return what_it_prints(["taskset", "-c", str(max(os.sched_getaffinity(0))), *command], quick)


def births_by_threadlab(command, quick):
    """One process's births of one subject: quantiles of their time; of bursts, of the time until all of one run (p50_ns),
    and from when they are told to end until the memory of all may be used again (end_p50_ns)."""
    few = ["-n", "400"] if quick and "--burst" not in command else []
    said = run([command[0], "run", *command[1:], "--rounds", "1", "--warmup", "100", "--kernel", "off", "--no-calls", "-q",
                "--json", "-", *few])
    subject = json.loads(said)["subjects"][0]
    if subject["problem"]:
        raise Failure(subject["problem"])
    return subject["summary"] | {f"end_{k}": v for k, v in subject.get("summary_end", {}).items()}


def calls_of_a_birth(command, quick):
    said = run([command[0], "run", *command[1:], "--rounds", "1", "-n", "10", "--kernel", "off", "-q", "--json", "-"])
    calls = json.loads(said)["subjects"][0].get("calls")
    if not calls:
        raise Failure("threadlab could not count its system calls")
    return {"calls": calls["creator"] + calls["newborn"]}


def size(command, quick):
    """Bytes of the file, without symbols."""
    with tempfile.NamedTemporaryFile() as stripped:
        run(["strip", "-s", "-o", stripped.name, command[0]])
        return {"bytes": os.path.getsize(stripped.name)}


def lifetime(command, quick):
    """From vfork to the end of wait: exec, the program, its exit. The median of some."""
    samples = []
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    for _ in range(3 if quick else 50):
        start = time.perf_counter_ns()
        _, status = os.waitpid(os.posix_spawn(command[0], command, os.environ, file_actions=quiet), 0)
        samples.append(time.perf_counter_ns() - start)
        if status:
            raise Failure(f"exit status {os.waitstatus_to_exitcode(status)}")
    return {"ns": median(samples)}


# What programs call when told to --mark main in a trace; nothing else makes this call.
IN_MAIN = "getppid"


def strace(command):
    """All system calls of a program after its exec, in order of entry: (thread, name)."""
    with tempfile.NamedTemporaryFile("r") as log:
        run(["strace", "-f", "-qq", "-o", log.name, *command, "--mark"])
        return re.findall(r"^(\d+) +(\w+)\(", log.read(), re.M)[1:]


def start_up(command, quick):
    """Calls, and threads, between exec and main's first statement."""
    calls = strace(command)
    before = calls[:[name for _, name in calls].index(IN_MAIN)]
    return {"calls": len(before), "threads": len({thread for thread, _ in before} | {calls[0][0]})}


# ---- the rows --------------------------------------------------------------------------------------------------------


class Metric(NamedTuple):
    key: str             # of what the measure gives
    unit: str            # ns, B, or "" for a count
    name: str = ""
    limit: float | None = None  # ours alone, a gate


class Peer(NamedTuple):
    name: str
    command: str         # a program of PEERS, or a subject of threadlab, with arguments
    goal: float | None = None   # ours / peer, in every metric


@dataclass(frozen=True)
class Bench:
    row: str             # its number, and a letter where there are several
    work: str
    measure: Callable
    ours: str            # a program of DIR/perf/, without its "perf_", or a subject of threadlab, with arguments
    peers: tuple[Peer, ...]
    metrics: tuple[Metric, ...]
    rounds: int | None = None   # fewer than asked for: a count needs no more
    note: str = ""


BY_THREADLAB = births_by_threadlab, calls_of_a_birth
LATENCY = Metric("p50_ns", "ns", "p50"), Metric("p99_ns", "ns", "p99")
PER_OPERATION = Metric("ns_per_op", "ns"),
ONE_CPU, REST = " --cpu same", " --rest 100"
BURST = " --burst 64 -n 6400"


BIRTH = ("from before the call that needs a thread to the first user instruction on it; the creator blocks, and joins\n"
         "  it before the next. Rested: 100 us between births, in all programs: Go's creator needs it to become idle.")


def births(options="", clone=None, glibc=None, go=None):
    """Peers by the options that all are given."""
    peers = [Peer("clone", "clone", clone), Peer("clone+altstack", "clone-altstack"),
             Peer("glibc", "pthread-glibc", glibc), Peer("musl", "pthread-musl")]
    if go:
        peers = [*peers[::2], Peer("Go", "go", go)]
    return tuple(p._replace(command=p.command + options) for p in peers)


BENCHES = (
    Bench("B1a", "birth, one CPU", births_by_threadlab, "mstart" + ONE_CPU, births(ONE_CPU, 1.25, .68), LATENCY, note=BIRTH),
    Bench("B1b", "birth, free", births_by_threadlab, "mstart", births("", 1.1, .9), LATENCY),
    Bench("B1c", "birth, one CPU, rested", births_by_threadlab, "mstart" + ONE_CPU + REST, births(ONE_CPU + REST, go=.5),
          LATENCY),
    Bench("B1d", "birth, free, rested", births_by_threadlab, "mstart" + REST, births(REST, go=.5), LATENCY),
    Bench("B2", "system calls per thread", calls_of_a_birth, "mstart",
          (Peer("clone", "clone"), Peer("glibc", "pthread-glibc"), Peer("musl", "pthread-musl"), Peer("Go", "go" + REST)),
          (Metric("calls", "", limit=2),), rounds=1,
          note="the creator's calls until the one that makes the thread has returned, and the new thread's up to its first\n"
               "  user instruction."),
    Bench("B3", "burst of 64", births_by_threadlab, "mstart" + BURST, (Peer("glibc", "pthread-glibc" + BURST, .6),),
          (Metric("p50_ns", "ns", "until all run"), Metric("end_p50_ns", "ns", "their end")),
          note="64 threads at once. Their end: from when all are told to end until the memory of all may be used again."),
    Bench("B4a", "wake, one CPU", what_it_prints_on_one_cpu, "wake", (Peer("futex", "wake_futex", 1.1),), LATENCY),
    Bench("B4b", "wake, free", what_it_prints, "wake", (Peer("futex", "wake_futex", 1.1),), LATENCY),
    Bench("B6", "switch, one way", what_it_prints, "switch",
          (Peer("Boost.Context", "switch_boost", .25), Peer("push, pop, ret", "switch_ret", .25)), PER_OPERATION),
    Bench("B7", "yield", what_it_prints, "yield",
          (Peer("Go", "yield_go", .25), Peer("Boost.Fiber", "yield_fiber", .25)), PER_OPERATION),
    Bench("B8", "go() and end, by 100", what_it_prints, "spawn",
          (Peer("Go", "spawn_go", .35), Peer("Boost.Fiber", "spawn_fiber", .35)), PER_OPERATION),
    Bench("B9a", "channel round trip, one P", what_it_prints, "chan --one", (Peer("Go", "chan_go -one", .35),), PER_OPERATION),
    Bench("B9b", "channel round trip, all Ps", what_it_prints, "chan", (Peer("Go", "chan_go", .35),), PER_OPERATION),
    Bench("B10a", "buffered channel, one P", what_it_prints, "chan pipe --one", (Peer("Go", "chan_go -pipe -one", .5),),
          PER_OPERATION),
    Bench("B10b", "buffered channel, all Ps", what_it_prints, "chan pipe", (Peer("Go", "chan_go -pipe", .5),),
          PER_OPERATION),
    Bench("B11", "select of two, one ready", what_it_prints, "select", (Peer("Go", "select_go", .35),), PER_OPERATION,
          note="with the send that makes it ready"),
    Bench("B12", "skynet, 1,000,000 leaves", what_it_prints, "skynet", (Peer("Go", "skynet_go", .4),), PER_OPERATION),
    Bench("B14a", "mutex, uncontended", what_it_prints, "mutex", (Peer("Go", "mutex_go", 1.0),), PER_OPERATION),
    Bench("B14b", "mutex, contended", what_it_prints, "mutex --contended", (Peer("Go", "mutex_go --contended", 1.0),),
          PER_OPERATION),
    Bench("B14c", "SharedMutex, read mostly", what_it_prints, "shared_mutex", (Peer("Go", "shared_mutex_go", 1.0),),
          PER_OPERATION),
    Bench("B14d", "WaitGroup", what_it_prints, "waitgroup", (Peer("Go", "waitgroup_go", 1.0),), PER_OPERATION),
    Bench("B15a", "timer start and stop, by 100", what_it_prints, "timer", (Peer("Go", "timer_go", .3),), PER_OPERATION),
    Bench("B15b", "sleep of 50 us: how late", what_it_prints, "timer --sleep",
          (Peer("clock_nanosleep", "sleep_clock", 1.5), Peer("Go", "timer_go --sleep")), LATENCY),
    Bench("B15c", "100,000 sleeping Gs: CPU time of each", what_it_prints, "timer --many",
          (Peer("Go", "timer_go --many", .3),), PER_OPERATION),
    Bench("B18a", "static binary: print only", size, "print_only",
          (Peer("musl pthread hello", "hello_musl"),), (Metric("bytes", "B", limit=4000),), rounds=1),
    Bench("B18b", "static binary: Gs and WaitGroup", size, "hello",
          (Peer("musl pthread hello", "hello_musl"), Peer("glibc pthread hello", "hello_glibc"),
           Peer("Go hello", "hello_go")), (Metric("bytes", "B", limit=14000),), rounds=1),
    Bench("B19a", "hello, exec to exit", lifetime, "hello",
          (Peer("musl", "hello_musl", 1.0), Peer("glibc", "hello_glibc"), Peer("Go", "hello_go")),
          (Metric("ns", "ns"),)),
    Bench("B19b", "hello, before main", start_up, "hello",
          (Peer("musl", "hello_musl"), Peer("glibc", "hello_glibc"), Peer("Go", "hello_go")),
          (Metric("calls", "", "system calls", limit=12), Metric("threads", "", "threads", limit=1)), rounds=1),
    Bench("B20", "10 s with 1,000 parked Gs", what_it_prints, "idle", (Peer("Go", "idle_go"),),
          (Metric("wakeups", "", "wake-ups", limit=0), Metric("cpu_us", "us", "CPU time")), rounds=1),
)


def names_of(bench):
    return {bench.row, bench.row.rstrip("abcd"), bench.ours.split()[0]}


def selected(names):
    chosen = [b for b in BENCHES if not names or names_of(b) & set(names)]
    unknown = set(names) - {n for b in chosen for n in names_of(b)}
    if unknown:
        sys.exit(f"bench: no row {', '.join(unknown)}; there are {', '.join(b.row for b in BENCHES)}")
    return chosen


# ---- building and running --------------------------------------------------------------------------------------------


def say(text):
    """Progress, on one line if someone looks."""
    sys.stderr.write(f"\r\033[K{text}" if sys.stderr.isatty() else text + "\n")
    sys.stderr.flush()


def peer_programs(benches):
    return {p.command.split()[0] for b in benches if b.measure not in BY_THREADLAB for p in b.peers}


def build_peers(benches, folder):
    folder.mkdir(parents=True, exist_ok=True)
    sources = ROOT / "perf" / "peers"
    newest = max(p.stat().st_mtime for p in [*sources.iterdir(), Path(__file__)])
    for name in sorted(peer_programs(benches)):
        if (folder / name).exists() and (folder / name).stat().st_mtime > newest:
            continue
        say(f"building {name}")
        (folder / name).unlink(missing_ok=True)
        try:
            done = subprocess.run(shlex.split(PEERS[name].format(folder / name)), cwd=sources, capture_output=True)
            if done.returncode:
                say(f"bench: {name}: {done.stderr.decode()}\n")
        except FileNotFoundError as error:
            say(f"bench: {name}: {error}\n")


def measure(bench, rounds, quick, folders, progress):
    """Runs a bench. {name: outputs of the rounds, or one text that says why there are none}; "" is us."""
    results = {"": [], **{p.name: [] for p in bench.peers}}
    commands = {"": bench.ours, **{p.name: p.command for p in bench.peers}}
    for round_ in range(rounds):
        for name, command in commands.items():
            program, *arguments = shlex.split(command)
            if bench.measure in BY_THREADLAB:
                path, arguments = folders[0] / "lab" / "threadlab", [program, *arguments]
            else:
                path = folders[1] / program if name else folders[0] / f"perf_{program}"
            if isinstance(results[name], str):
                continue
            progress(f"round {round_ + 1} of {rounds}: {command}")
            try:
                if not path.exists():
                    raise Failure("not built")
                results[name].append(bench.measure([str(path), *arguments], quick))
            except (Failure, ValueError, OSError) as error:
                results[name] = str(error)
    return results


# ---- what comes out --------------------------------------------------------------------------------------------------


@dataclass
class Line:
    """Of the table: ours in one metric, beside one peer, or beside its own limit if peer is ""."""
    row: str
    work: str
    unit: str
    peer: str
    target: float | None
    ours: list | str     # a value for each round, or what went wrong
    theirs: list | str
    ratios: list = field(init=False)
    verdict: str = field(init=False)

    def __post_init__(self):
        both = isinstance(self.ours, list) and isinstance(self.theirs, list)
        self.ratios = [o / t for o, t in zip(self.ours, self.theirs) if t] if both else []
        reached = median(self.ours) if not self.peer and both else median(self.ratios) if self.ratios else None
        if isinstance(self.ours, str):
            self.verdict = self.ours
        elif isinstance(self.theirs, str):
            self.verdict = f"{self.peer}: {self.theirs}"
        elif self.target is None or reached is None:
            self.verdict = "n.a."
        else:
            self.verdict = "met" if reached <= self.target else "missed"

    def cells(self):
        def value(values):
            return show(median(values), self.unit) if isinstance(values, list) else "-"
        ratio = "-"
        if self.ratios:
            ratio = f"{median(self.ratios):.2f} [{min(self.ratios):.2f}..{max(self.ratios):.2f}]"
        target = "-" if self.target is None else f"<= {show(self.target, '' if self.peer else self.unit)}"
        return (self.row, self.work, value(self.ours), self.peer or "(limit)", value(self.theirs) if self.peer else "-",
                ratio, target, self.verdict)


def show(value, unit):
    if unit == "B":
        return f"{value / 1000:.1f} KB"
    if unit == "ns" and value >= 1000:
        return f"{value / 1000:.1f} us" if value < 1e6 else f"{value / 1e6:.2f} ms"
    if unit == "ns":
        return f"{value:.2f} ns"
    return f"{value:g} {unit}".rstrip()


def lines_of(bench, results):
    def values(name, key):
        got = results[name]
        return got if isinstance(got, str) else [r[key] for r in got]
    for metric in bench.metrics:
        ours, work = values("", metric.key), f"{bench.work}, {metric.name}" if metric.name else bench.work
        if metric.limit is not None:
            yield Line(bench.row, work, metric.unit, "", metric.limit, ours, [])
        for peer in bench.peers:
            yield Line(bench.row, work, metric.unit, peer.name, peer.goal, ours, values(peer.name, metric.key))


HEAD = "row", "work", "ours", "peer", "peer's", "ours / peer", "target", "verdict"


def table(lines):
    """Aligned; what repeats the line above is left blank."""
    rows = [HEAD, *(line.cells() for line in lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    out = []
    for number, row in enumerate(rows):
        above = rows[number - 1] if number > 1 else ()
        cells = ["" if i < 3 and row[:3] == above[:3] else cell for i, cell in enumerate(row)]
        out.append("  ".join(c.rjust(w) if name in ("ours", "peer's") else c.ljust(w)
                             for c, w, name in zip(cells, widths, HEAD)).rstrip())
    return "\n".join(out)


def svg(lines):
    """The ratios on a logarithmic axis: a dot for the median, a bar for the spread, a tick for the target."""
    lines = [line for line in lines if line.ratios and min(line.ratios) > 0]
    ends = [r for line in lines for r in (*line.ratios, line.target or 1)] + [.1, 1]
    low, high = math.floor(math.log10(min(ends))), math.ceil(math.log10(max(ends)))
    left, width, step, top = 360, 560, 18, 40
    height = top + step * len(lines) + 30

    def x(ratio):
        return left + width * (math.log10(ratio) - low) / (high - low)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 40}" height="{height}" '
           'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="{left}" y="16" font-weight="bold">ours / peer: less is better; black: the target</text>']
    for decade in range(low, high + 1):
        for digit in (1, 2, 5) if decade < high else (1,):
            at = digit * 10. ** decade
            out.append(f'<line x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{top - 6}" y2="{height - 20}" '
                       f'stroke="{"black" if at == 1 else "#ddd"}"/>'
                       f'<text x="{x(at):.1f}" y="{height - 6}" text-anchor="middle">{at:g}</text>')
    for number, line in enumerate(lines):
        y = top + step * number + step / 2
        colour = {"met": "#2a7f3f", "missed": "#c0392b"}.get(line.verdict, "#777")
        out.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">'
                   f'{escape(f"{line.row} {line.work} / {line.peer}")}</text>'
                   f'<line x1="{x(min(line.ratios)):.1f}" x2="{x(max(line.ratios)):.1f}" y1="{y}" y2="{y}" '
                   f'stroke="{colour}" stroke-width="3"/>'
                   f'<circle cx="{x(median(line.ratios)):.1f}" cy="{y}" r="4" fill="{colour}"/>')
        if line.target:
            out.append(f'<line class="target" x1="{x(line.target):.1f}" x2="{x(line.target):.1f}" '
                       f'y1="{y - 7}" y2="{y + 7}" stroke="black" stroke-width="2"/>')
    return "\n".join([*out, "</svg>\n"])


def environment():
    def first_line(*command):
        try:
            return subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout.split("\n")[0]
        except OSError:
            return ""
    cpu = re.search(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text(), re.M)
    return {"date": datetime.now(timezone.utc).isoformat(timespec="seconds"), "kernel": platform.release(),
            "machine": platform.machine(), "cpu": cpu[1] if cpu else "", "cpus": len(os.sched_getaffinity(0)),
            "load": os.getloadavg()[0], "commit": first_line("git", "describe", "--always", "--dirty"),
            "g++": first_line("g++", "--version"), "go": first_line("go", "version"),
            "peers": first_line("dpkg-query", "-W", "-f", "${Package} ${Version} ", "libboost-fiber-dev", "musl-tools")}


def main():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="B1, B1a, or our program's name")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "gcc", help="a configured and built tree")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one short round: does everything run?")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    benches, out = selected(options.rows), options.build.resolve() / "bench"
    build_peers(benches, out / "peers")
    record, lines = {"environment": environment(), "rounds": options.rounds, "quick": options.quick, "runs": {}}, []
    for number, bench in enumerate(benches, 1):
        rounds = 1 if options.quick else min(options.rounds, bench.rounds or options.rounds)
        results = measure(bench, rounds, options.quick, (options.build.resolve() / "perf", out / "peers"),
                          lambda text: say(f"[{number}/{len(benches)}] {bench.row} {text}"))
        record["runs"][bench.row] = {name or "mstart": result for name, result in results.items()}
        lines += lines_of(bench, results)
    say("")
    record["table"] = [vars(line) for line in lines]
    (out / "results.json").write_text(json.dumps(record, indent=1) + "\n")
    (out / "ratios.svg").write_text(svg(lines))
    counts = Counter(v if (v := line.verdict) in ("met", "missed", "n.a.") else "without a result" for line in lines)
    print(table(lines), "", *dict.fromkeys(f"{b.row.rstrip('abcd')}: {b.note}" for b in benches if b.note),
          "; ".join(f"{k}: {v}" for k, v in record["environment"].items() if v),
          f"{', '.join(f'{n} {what}' for what, n in counts.items())}; see {out}/results.json and ratios.svg", sep="\n")
    return bool(counts["without a result"] or any(not line.peer and line.verdict == "missed" for line in lines))


# ---- self-test -------------------------------------------------------------------------------------------------------


def self_test():
    def line(ours, theirs, target=None, peer="p", unit="ns"):
        return Line("B0", "work", unit, peer, target, ours, theirs)

    # Ratios are of the same round: here both medians are 20, and the median of the ratios is not 1.
    drift = line([10, 20, 40], [20, 10, 40], 1.0)
    assert drift.ratios == [.5, 2, 1] and drift.verdict == "met"
    assert drift.cells() == ("B0", "work", "20.00 ns", "p", "20.00 ns", "1.00 [0.50..2.00]", "<= 1", "met")
    assert line([11], [10], 1.0).verdict == "missed" and line([11], [10]).verdict == "n.a."
    assert line([1], [0], 1.0).verdict == "n.a." and line([1], [0], 1.0).cells()[5] == "-"
    assert line("not built", [10], 1.0).verdict == "not built"
    assert line([10], "exit status 2", 1.0).verdict == "p: exit status 2"
    gates = [line([n], [], 2, peer="", unit="") for n in (2, 3)]
    assert gates[0].verdict == "met" and gates[1].cells()[2:] == ("3", "(limit)", "-", "-", "<= 2", "missed")
    assert [show(*v) for v in ((6.25, "ns"), (6250, "ns"), (6.25e6, "ns"), (21656, "B"), (2, ""), (547, "us"))] == [
        "6.25 ns", "6.2 us", "6.25 ms", "21.7 KB", "2", "547 us"]
    text = table([drift, line([10, 20, 40], [40] * 3, .1), line([1], [1], peer="another")]).split("\n")
    assert len({row.index("p") for row in text[1:3]}) == 1 and text[0].index("peer") == text[3].index("another")
    assert text[1].index("20.00 ns") + 8 == text[0].index("ours") + 4  # numbers end where their heads end
    assert text[1].startswith("B0") and text[2].startswith("  ") and text[3].startswith("B0")
    picture = ElementTree.fromstring(svg([drift, line([1], [100], .1, peer="a<b"), line([1], [1], .001), *gates]))
    space = "{http://www.w3.org/2000/svg}"
    dots = [float(c.get("cx")) for c in picture.iter(space + "circle")]
    marks = [float(m.get("x1")) for m in picture.iter(space + "line") if m.get("class") == "target"]
    assert len(dots) == len(marks) == 3 and dots[0] == marks[0] and marks[2] >= 360
    assert abs((dots[0] - dots[1]) - 2 * (dots[0] - marks[1])) < .2  # a hundredth is twice as far from 1 as a tenth
    ElementTree.fromstring(svg([]))
    assert {b.row for b in selected(["B1", "hello"])} == {"B1a", "B1b", "B1c", "B1d", "B18b", "B19a", "B19b"}
    assert peer_programs(BENCHES) == set(PEERS)
    assert len({b.row for b in BENCHES}) == len(BENCHES)
    print("bench.py: self-test passed")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
