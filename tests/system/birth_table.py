#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""MSTART_DEBUG=birth=1: the table of births agrees with itself and with what the program says; and without it the example
tells its facts, which are so."""

import os
import re

import common
from common import expect, program, run, scratch

PHASES = ["newproc -> wakep", "wakep -> startm", "startm -> allocm", "allocm -> clone entered",
          "clone entered -> first instruction", "first instruction -> mstart", "mstart -> minit", "minit -> acquirep",
          "acquirep -> schedule", "schedule -> first G"]
LAST_DIGITS = 0.0005 * (len(PHASES) + 1)  # microseconds: each figure is rounded


def table(text):
    """{class: {phase: (p50, p90, p99, max, births)}}; the whole is "=", the return from clone "|"."""
    classes, current = {}, None
    for line in text.splitlines():
        if re.fullmatch(r"[a-z]+", line):
            current = classes.setdefault(line, {})
        elif current is not None and (row := re.fullmatch(r"(  |= |\| )(.*?)" + r" +([\d.]+)" * 4 + r" +(\d+)", line)):
            current[row[2] if row[1] == "  " else row[1].strip()] = (*map(float, row.groups()[2:6]), int(row[7]))
    expect(classes, "there is no table in:", text)
    return classes


def traced(*command, **environment):
    done = run(command, env={**os.environ, "MSTART_DEBUG": "birth=1", **environment})
    return done.stdout, done.stderr


def words_file():
    """A text to count words in: (path, lines, words, longest line)."""
    lines = [f"line {i}: " + "word " * (i % 7) + "x" * (i % 31) for i in range(200)]
    path = scratch() / "words.txt"
    path.write_text("\n".join(lines) + "\n")
    return path, len(lines), sum(len(l.split()) for l in lines), max(map(len, lines))


def check_rows(classes, text):
    for kind, rows in classes.items():
        unknown = set(rows) - set(PHASES) - {"=", "|"}
        expect(not unknown, f"what is {unknown}, in:", text)
        for name, (p50, p90, p99, most, births) in rows.items():
            expect(0 <= p50 <= p90 <= p99 <= most and births > 0, f"{kind}, {name}: not quantiles:", text)
        if "=" in rows:
            parts = [row for name, row in rows.items() if name in PHASES]
            whole = rows["="]
            expect(whole[3] <= sum(row[3] for row in parts) + LAST_DIGITS, f"{kind}: the whole is more than its parts:", text)
            expect(whole[4] == rows[PHASES[-1]][4], f"{kind}: a whole birth ends with a G:", text)
            expect(len(parts) >= len(PHASES) - 2, f"{kind}: phases are missing:", text)


def counts_agree():
    said, text = traced(*program("examples/births"), words_file()[0])
    classes = table(text)
    check_rows(classes, text)
    born = int(re.search(r"threads: (\d+) born", said)[1]) - 1  # without the first
    head = re.search(r"^births: (\d+), of them found no work: (\d+), refused or unfinished: (\d+), not recorded: (\d+)", text, re.M)
    expect(head, "no head line in:", text)
    births, idle, unfinished, lost = map(int, head.groups())
    expect(lost == 0 and abs(births - unfinished - born) <= 1, f"{born} threads were born:", said, text)
    begun = sum(rows[PHASES[5]][4] for rows in classes.values() if PHASES[5] in rows)
    expect(begun == births - unfinished, f"{begun} threads have reached mstart:", text)
    whole = sum(rows["="][4] for rows in classes.values() if "=" in rows)
    expect(whole == begun - idle, f"{whole} threads have run a G:", text)
    slowest = [float(x) for x in re.findall(r"^slowest: .*? +([\d.]+), of it", text, re.M)]
    expect(slowest == sorted(slowest, reverse=True) and slowest, "the slowest are not in their order:", text)
    expect(slowest[0] == max(rows["="][3] for rows in classes.values() if "=" in rows), "the slowest is not the maximum:", text)


def one_birth_adds_up():
    """One P, and main's thread is locked: its G's is the only birth of its class, so each figure of it is that birth's."""
    text = traced(*program("tests/system/backtrace"), "new_thread", MSTART_PROCS="1")[1]
    classes = table(text)
    check_rows(classes, text)
    rows = classes.get("template", {})
    expect(rows.get("=", [0] * 5)[4] == 1, "one birth by the template thread:", text)
    parts = sum(row[0] for name, row in rows.items() if name in PHASES)
    expect(abs(parts - rows["="][0]) <= LAST_DIGITS, f"the phases add up to {parts:.3f}:", text)


def facts():
    path, lines, words, longest = words_file()
    command = [*program("examples/births"), path]
    done = run(command)
    expect(done.stderr == "", "on stderr:", done.stderr)
    for fact in ["1 files", f"{lines} lines, {words} words, longest line {longest}",
                 "linked to nothing"]:
        expect(fact + "\n" in done.stdout, f"does not say {fact!r}:", done.stdout)
    born, ended, started = map(int, re.search(r"threads: (\d+) born, (\d+) ended; Gs: (\d+) started, \d+ ended",
                                              done.stdout).groups())
    expect(born > 300 and ended >= 298 and started > 300_000, "too few:", done.stdout)
    before = re.search(r"system calls before main: (.*)", done.stdout)[1]
    expect("not counted" in before or int(before) <= 12, "too many:", done.stdout)


common.main(counts_agree, one_birth_adds_up, facts)
