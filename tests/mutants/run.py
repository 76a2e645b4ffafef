#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The mutation check: breaks one line of the core, and sees a test fail; then the next one. What survives shows that a test is
missing.

    tests/mutants/run.py [-k PATTERN] [-j N] [NAME...]   break, build, test: all mutants, or some
    tests/mutants/run.py --check TESTS                   quick: do all still apply, and are their tests there?

The mutants are in the .txt files of this folder, by the room of the core that they break; a stanza each:

    [name]
    why: what goes wrong, in a sentence
    file: the source file
    in: the place, a text that occurs once in the file. What is replaced is between it and the next line that begins with
        `}` as far to the left as it stands itself: the function that it begins. Left out: anywhere in the file
    fails: the tests one of which must fail, the likeliest first; NAME(FILTER): only some cases of it,
        by doctest's -tc, or the one of tests/run
    tree: the build tree of tests/matrix.py that shows it, if that is not gcc
    by: a checker below, instead of tests
    - the old text, which must occur once; white space is any white space
    + the new text

A line that begins with a blank goes on with the one before. A mutant whose text does not occur, or not once, is an error: the
list cannot rot.

Caught: a test failed, or did not end in three times its usual time and 10 s more. The tests pass on the code as it is, which is tried before.
Everything happens in copies of the tree below build/mutants, one for each worker, in which only the file that is broken
changes: what is built is what depends on it and what the named tests need.
"""

import argparse
import json
import os
import queue
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import matrix  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = ROOT / "build" / "mutants"
COPIED = ["arch", "examples", "include", "meson", "os", "perf", "runtime", "tests", "dev", "meson.build",
          "meson_options.txt"]
FIELDS = {"why", "file", "in", "fails", "tree", "by"}

# What no test that runs on x86 can show: (tree, test) that must fail on the broken tree. A checker that is not there is
# reported, and counts as a failure.
CHECKERS = {
    "codegen": ("aarch64", "orders_core"),  # looks at the instructions of tagged operations
}


class Rotten(Exception):
    """The list is wrong."""


class Unbuildable(Exception):
    pass


@dataclass
class Mutant:
    name: str
    where: str                    # file:line of the stanza
    fields: dict = field(default_factory=dict)
    old: list = field(default_factory=list)
    new: list = field(default_factory=list)

    @property
    def file(self):
        return self.fields["file"]

    @property
    def tree(self):
        return CHECKERS[self.fields["by"]][0] if "by" in self.fields else self.fields.get("tree", "gcc")

    @property
    def tests(self):
        """(name, filter) of each test."""
        if "by" in self.fields:
            return [(CHECKERS[self.fields["by"]][1], "")]
        return re.findall(r"(\w+)(?:\(([^)]*)\))?", self.fields["fails"])

    def wrong(self, what):
        return Rotten(f"{self.where}: {self.name}: {what}")

    def apply(self, text):
        """The broken text of the file."""
        begin, end = 0, len(text)
        if place := self.fields.get("in"):
            found = find(place, text)
            if len(found) != 1:
                raise self.wrong(f"{place!r} is {len(found)} times in {self.file}")
            begin = found[0].start()
            line = text[text.rfind("\n", 0, begin) + 1:]
            indent = re.match(r"[ \t]*", line)[0]
            if closing := re.compile(rf"^{indent}\}}", re.M).search(text, begin):
                end = closing.end()
        found = [m for m in find("\n".join(self.old), text) if begin <= m.start() and m.end() <= end]
        if len(found) != 1:
            raise self.wrong(f"the old text is {len(found)} times there")
        new = "\n".join(self.new)
        if find("\n".join(self.old), new) and new.split() == "\n".join(self.old).split():
            raise self.wrong("the new text is the old one")
        return text[:found[0].start()] + new + text[found[0].end():]


def find(words, text):
    return list(re.finditer(r"\s+".join(re.escape(word) for word in words.split()), text))


def read_list():
    mutants = []
    for path in sorted(Path(__file__).parent.glob("*.txt")):
        key = None
        for number, line in enumerate(path.read_text().splitlines(), 1):
            where = f"{path.relative_to(ROOT)}:{number}"
            if not line or line.startswith("#"):
                key = None
            elif match := re.fullmatch(r"\[(\w+)\]", line):
                mutants.append(Mutant(match[1], where))
            elif not mutants:
                raise Rotten(f"{where}: this belongs to no mutant")
            elif line[0] in "-+":
                (mutants[-1].old if line[0] == "-" else mutants[-1].new).append(line[1:].strip())
            elif line[0] == " " and key:
                mutants[-1].fields[key] += " " + line.strip()
            elif match := re.fullmatch(r"(\w+): (.+)", line):
                key = match[1]
                if key not in FIELDS or key in mutants[-1].fields:
                    raise Rotten(f"{where}: {key}: not known, or twice")
                mutants[-1].fields[key] = match[2]
            else:
                raise Rotten(f"{where}: not understood")
    names = [m.name for m in mutants]
    for mutant in mutants:
        if names.count(mutant.name) != 1:
            raise mutant.wrong("there is another one of this name")
        if not {"why", "file"} <= set(mutant.fields) or ("by" in mutant.fields) == ("fails" in mutant.fields):
            raise mutant.wrong("it needs `why`, `file`, and either `fails` or `by`")
        if mutant.fields.get("by", "codegen") not in CHECKERS or mutant.tree not in {t.name for t in matrix.TREES}:
            raise mutant.wrong("there is no such checker, or tree")
        if not mutant.old or not (ROOT / mutant.file).is_file():
            raise mutant.wrong("no old text, or no such file")
    return mutants


def check(mutants, tests):
    known = {t["name"] for t in json.loads(tests.read_text())}
    for mutant in mutants:
        mutant.apply((ROOT / mutant.file).read_text())
        unknown = [name for name, _ in mutant.tests if name not in known]
        if unknown and "by" not in mutant.fields:
            raise mutant.wrong(f"there is no test {unknown[0]}")


# ---- a copy of the tree, and what can be done in it -------------------------------------------------------------------


def run(command, limit, environment, cwd):
    """Exit status and output; None: it did not end. What it has started ends with it."""
    with subprocess.Popen(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True) as process:
        try:
            output, _ = process.communicate(timeout=limit)
            return process.returncode, output
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            return None, output


class Copy:
    def __init__(self, number):
        self.root = SCRATCH / str(number)
        self.broken = None
        self.known_trees = {}
        for name in COPIED:
            self.update(ROOT / name, self.root / name)

    def update(self, source, target):
        """Makes target like source. What is so already keeps its time stamp: it need not be built again."""
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            here = {p.name for p in source.iterdir() if p.name != "__pycache__"}
            for name in {p.name for p in target.iterdir()} - here - {"__pycache__"}:
                shutil.rmtree(target / name) if (target / name).is_dir() else (target / name).unlink()
            for name in here:
                self.update(source / name, target / name)
        elif not target.exists() or target.read_bytes() != source.read_bytes():
            shutil.copy(source, target)  # a time stamp of now: newer than anything built

    def mend(self):
        if self.broken:
            shutil.copy(ROOT / self.broken, self.root / self.broken)
            self.broken = None

    def break_by(self, mutant):
        self.mend()
        self.broken = mutant.file
        (self.root / mutant.file).write_text(mutant.apply((ROOT / mutant.file).read_text()))

    def folder(self, tree):
        return self.root / "build" / tree

    def tests(self, tree):
        """The tree's tests by name, as meson describes them."""
        if tree not in self.known_trees:
            folder = self.folder(tree)
            setup = next(t.setup for t in matrix.TREES if t.name == tree)
            arguments = [] if (folder / "build.ninja").exists() else shlex.split(setup)
            command = ["meson", "setup", str(folder), *arguments] if arguments else ["ninja", "-C", str(folder), "build.ninja"]
            status, output = run(command, None, None, self.root)
            if status:
                raise Unbuildable(matrix.tail(output))
            info = folder / "meson-info"
            files = {t["id"]: t["filename"] for t in json.loads((info / "intro-targets.json").read_text())}
            self.known_trees[tree] = {
                t["name"]: {**t, "files": [f for target in t["depends"] for f in files[target]]}
                for t in json.loads((info / "intro-tests.json").read_text())}
        return self.known_trees[tree]

    def build(self, tree, names):
        folder = self.folder(tree)
        targets = set()
        for name in names:
            test = self.tests(tree)[name]
            targets.update(test["files"])
            for script in (Path(a) for a in test["cmd"]):
                if script.parent.name == "system" and script.suffix == ".py":  # it names the programs that it looks at
                    targets.update(str(folder / p) for p in re.findall(r'program\("([^"]+)"', script.read_text()))
        status, output = run(["ninja", "-C", str(folder), "-j2",
                              *(os.path.relpath(t, folder) for t in sorted(targets))], None, None, self.root)
        if status:
            raise Unbuildable(matrix.tail(output[max(output.find("FAILED:"), 0):], 20))

    def test(self, tree, name, filter_, limit):
        """Exit status, output, seconds."""
        test = self.tests(tree)[name]
        is_unit = len(test["cmd"]) == 1
        command = test["cmd"] + ([f"-tc={filter_}"] if filter_ and is_unit else [])
        environment = {**os.environ, **test["env"], **({"ONLY_CASE": filter_} if filter_ and not is_unit else {})}
        start = time.monotonic()
        # What a mutant does to memory is not to be answered for by others.
        status, output = run(["choom", "-n", "1000", "--", *command], limit, environment,
                             test["workdir"] or self.folder(tree))
        return status, output, time.monotonic() - start


# ---- the check ---------------------------------------------------------------------------------------------------------


def baseline(copy, mutants):
    """How long each test takes on the code as it is, by (tree, name, filter); how many fail there, and say nothing."""
    usual, failed = {}, 0
    wanted = sorted({(m.tree, *test) for m in mutants for test in m.tests})
    for tree in sorted({tree for tree, _, _ in wanted}):
        if names := {name for t, name, _ in wanted if t == tree and name in copy.tests(tree)}:
            copy.build(tree, names)
    for key in wanted:
        tree, name, filter_ = key
        if name not in copy.tests(tree):
            continue
        status, output, took = copy.test(tree, name, filter_, copy.tests(tree)[name]["timeout"])
        if status == 0:
            usual[key] = took
        elif status != 77:
            failed += 1
            print(f"{tree}/{name} {filter_} fails on the code as it is:\n{matrix.tail(output)}", flush=True)
    return usual, failed


def judge(copy, mutant, usual):
    """("caught" | "survived" | "not checked", what happened)."""
    copy.break_by(mutant)
    try:
        tests = [(name, f) for name, f in mutant.tests if (mutant.tree, name, f) in usual]
        if not tests:
            return "not checked", ", ".join(name for name, _ in mutant.tests) + " cannot run here"
        try:
            copy.build(mutant.tree, {name for name, _ in tests})
        except Unbuildable as error:
            return "not checked", f"it does not build:\n{error}"
        for name, filter_ in tests:
            status, output, took = copy.test(mutant.tree, name, filter_, 10 + 3 * usual[mutant.tree, name, filter_])
            if status is None:
                return "caught", f"{name} does not end, {took:.0f} s"
            if status not in (0, 77):
                said = next((l for l in output.splitlines() if re.search(r"fatal error|not so|ERROR|wrong|exit status|says", l)),
                            matrix.tail(output, 1))
                return "caught", f"{name}, {took:.1f} s: {said.strip()[:110]}"
        return "survived", ", ".join(name for name, _ in tests)
    finally:
        copy.mend()


def check_all(mutants, workers):
    """Prints a line for each mutant; are all caught?"""
    counts = {"caught": 0, "survived": 0, "not checked": 0}
    start = time.monotonic()
    copies = [Copy(i) for i in range(min(workers, len(mutants)))]
    usual, failed = baseline(copies[0], mutants)
    print(f"{len(usual)} tests pass on the code as it is, {failed} fail, {time.monotonic() - start:.0f} s", flush=True)
    work = queue.SimpleQueue()
    order = [tree.name for tree in matrix.TREES]
    for mutant in sorted(mutants, key=lambda m: (order.index(m.tree), m.file)):  # what they build is alike
        work.put(mutant)
    lock = threading.Lock()

    def worker(copy):
        while not work.empty():
            try:
                mutant = work.get_nowait()
            except queue.Empty:
                return
            begin = time.monotonic()
            try:
                result, what = judge(copy, mutant, usual)
            except Exception as error:  # one mutant is not to hide the others
                result, what = "not checked", repr(error)
            with lock:
                counts[result] += 1
                print(f"{result.upper() if result != 'caught' else result:<11} {mutant.name} ({time.monotonic() - begin:.0f} s): "
                      f"{what}", flush=True)

    threads = [threading.Thread(target=worker, args=(copy,)) for copy in copies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"in {time.monotonic() - start:.0f} s: " + ", ".join(f"{n} {result}" for result, n in counts.items()))
    return failed == 0 and counts["caught"] == len(mutants)


def main():
    parser = argparse.ArgumentParser(prog="./dev mutants")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("-k", metavar="PATTERN", help="mutants whose name or file matches this regular expression")
    parser.add_argument("-j", type=int, default=len(os.sched_getaffinity(0)), metavar="N", help="workers")
    parser.add_argument("--check", type=Path, metavar="TESTS", help=argparse.SUPPRESS)
    options = parser.parse_args()
    try:
        mutants = read_list()
        if options.check:
            check(mutants, options.check)
            print(f"{len(mutants)} mutants apply")
            return 0
        if unknown := set(options.names) - {m.name for m in mutants}:
            raise Rotten(f"there is no mutant {', '.join(unknown)}")
        if options.names:
            mutants = [m for m in mutants if m.name in options.names]
        if options.k:
            mutants = [m for m in mutants if re.search(options.k, m.name) or re.search(options.k, m.file)]
        if not mutants:
            raise Rotten("no mutant is chosen")
        return 0 if check_all(mutants, options.j) else 1
    except (Rotten, Unbuildable) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
