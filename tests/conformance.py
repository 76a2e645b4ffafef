#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks tests/CONFORMANCE.md: its form, and that every test it names is one that really runs.

    tests/conformance.py [--tests FILE] [--self-test]

FILE lists the tests there are: one name a line, or what meson writes to meson-info/intro-tests.json. A program
tests/run/NAME.cc counts as the test NAME too. Each finding is one line, "file:line: message"; any is exit status 1.
"""

import argparse
import json
import re
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "tests" / "CONFORMANCE.md"


def known_tests(file):
    names = {path.stem for path in (ROOT / "tests" / "run").glob("*.cc")}
    if file:
        text = file.read_text()
        names |= {t["name"] for t in json.loads(text)} if text.lstrip().startswith("[") else set(text.split())
    return names


def features(page):
    """The features that a row may be planned for: the page lists them in bold."""
    return set(re.findall(r"^- \*\*(.+?)\*\*", page, re.M))


def check(page, tests):
    """Yields (line, message) for each thing that is wrong."""
    planned = features(page)
    section, seen = "", set()
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("#"):
            section = line
        if not line.startswith("|") or re.match(r"\|[-| ]+\|$", line) or line == "| Go's test | priority | covered by |":
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 3:
            yield number, "a row has three cells"
            continue
        name, priority, cover = cells
        if (section, name) in seen:
            yield number, f"{name} is here twice"
        seen.add((section, name))
        if priority not in ("A", "B"):
            yield number, f"{name}: priority {priority}; it is A or B"
        if match := re.fullmatch(r"planned: (.+)", cover):
            if match[1] not in planned:
                yield number, f"{name}: {match[1]} is not in the list of features"
        elif re.fullmatch(r"`\w+`(, `\w+`)*", cover):
            for test in re.findall(r"\w+", cover):
                if test not in tests:
                    yield number, f"{name}: there is no test {test}"
        elif not re.fullmatch(r"n/a: .+", cover):
            yield number, f"{name}: covered by `test`, ..., or planned: feature, or n/a: reason"
    if not seen:
        yield 1, "no table"


def tally(page):
    kinds = Counter("planned" if "| planned:" in line else "n/a" if "| n/a:" in line else "covered"
                    for line in page.splitlines() if re.match(r"\|.*\| [AB] \|", line))
    return ", ".join(f"{kinds[k]} {k}" for k in ("covered", "planned", "n/a"))


def self_test():
    head = "- **select**: later\n\n| Go's test | priority | covered by |\n|---|---|---|\n"
    good = "| TestA | A | `one`, `two` |\n| TestB | B | planned: select |\n| TestC | A | n/a: no such thing |\n"
    bad = ["| TestD | A | `three` |", "| TestD | A | planned: world peace |", "| TestD | C | `one` |", "| TestD | A | |",
           "| TestD | A | n/a: |", "| TestD | A | one |", "| TestA | A | `one` |", "| TestD | `one` |"]
    wrong = list(check(head + good, {"one", "two"}))
    for row in bad:
        if [line for line, _ in check(head + good + row + "\n", {"one", "two"})] != [8]:
            wrong.append(row)
    if not list(check("no table\n", set())):
        wrong.append("no table")
    print(*wrong, f"{len(bad) + 2} cases, {len(wrong)} wrong", sep="\n")
    return bool(wrong)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tests", type=Path)
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    page = PAGE.read_text()
    findings = list(check(page, known_tests(options.tests)))
    for line, message in findings:
        print(f"tests/CONFORMANCE.md:{line}: {message}")
    print(tally(page))
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
