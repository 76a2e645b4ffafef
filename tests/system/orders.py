#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Memory orders in the AArch64 code. x86 makes most of them for nothing and qemu on x86 never shows a missing one, so this
looks at what the compiler has made of them: each operation of the core that says acquire, release or seq_cst, and each line
that carries a tag ([wake:A] ...), must have an instruction that orders as much, in every function that it was inlined into.

What the tags of TAGS ask for is written here, not read from the source: who relaxes an order there has to say so here too.
Of other operations it is known that they have become what the source says."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import common
from common import SOURCE, expect, main, need, run, scratch, wrong

# An instruction, or the function that GCC calls instead so that it can choose at run time (-moutline-atomics). A full barrier
# will do for anything.
FULL = r"dmb\s+ish\b(?!ld|st)"
LSE = r"(?:cas|swp|ldadd|ldclr|ldeor|ldset)"
HELPER = r"bl?\b.*\b__aarch64_\w+_"
CLASSES = {
    "load acquire": rf"ldap?u?r[bh]?\b|{FULL}",
    "load seq_cst": rf"ldar[bh]?\b|{FULL}",
    "store release": rf"stlu?r[bh]?\b|{FULL}",
    "update acquire": rf"ldaxr[bh]?\b|{LSE}al?[bh]?\b|{HELPER}acq(_rel)?$|{FULL}",
    "update release": rf"stlxr[bh]?\b|{LSE}a?l[bh]?\b|{HELPER}(acq_)?rel$|{FULL}",
}
UPDATE = ["update acquire", "update release"]
# Each line is a list of what it needs; "|" is or.
TAGS = {
    "wake:A": ["store release|update acquire", "store release|update release"],
    "wake:B": ["load seq_cst"],
    "wake:C": UPDATE,
    "wake:D": ["load seq_cst"],
    "runq:A": ["store release"],
    "runq:B": ["load acquire"],
    "runq:C": ["update release"],
    "runq:D": ["load acquire"],
    "note:A": ["update release"],
    "note:B": ["load acquire"],
    "tid:A": ["store release"],
    "tid:B": ["load acquire"],
    "timer:A": ["store release"],
    "timer:B": ["load seq_cst"],
    "timer:C": ["store release"],
    "timer:E": ["store release"],
    "timer:F": ["load acquire"],
    "heap:A": ["update acquire"],
    "heap:B": ["update release"],
    "static:A": UPDATE,
}
OPERATION = re.compile(r"\b(load|store|exchange|compare_exchange_\w+|fetch_\w+)(?=\()")


@dataclass(frozen=True)
class Place:
    """Lines of a file that need instructions."""
    file: str
    first: int
    last: int
    why: str
    needs: tuple


def core_files(root):
    return sorted(p for folder in ("arch", "os", "runtime") for p in (root / folder).rglob("*") if p.suffix in (".h", ".cc"))


def call_end(text, at):
    depth = 0
    for end in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if depth == 0:
            return end
    return len(text)


def needs_of(operation, arguments):
    """Of one operation, as the source has it. The first order of a compare_exchange is that of success."""
    orders = re.findall(r"memory_order(?:_|::)(\w+)", arguments)
    order = orders[0] if orders else "relaxed"  # a template's kOrder: its callers are tagged
    if operation == "load":
        return {"acquire": ["load acquire"], "seq_cst": ["load seq_cst"]}.get(order, [])
    if operation == "store":
        return ["store release"] if order in ("release", "seq_cst") else []
    return {"acquire": UPDATE[:1], "release": UPDATE[1:], "acq_rel": UPDATE, "seq_cst": UPDATE}.get(order, [])


def places(root):
    """What the sources of the core ask for, by tags and by orders."""
    for path in core_files(root):
        name, text = str(path.relative_to(root)), path.read_text()
        lines = text.splitlines()
        code = re.sub(r"//[^\n]*", lambda m: " " * len(m[0]), text)
        calls = []
        for match in OPERATION.finditer(code):
            end = call_end(code, match.end())
            needs = needs_of(match[1], code[match.end():end])
            first, last = (code.count("\n", 0, at) + 1 for at in (match.start(), end))
            calls.append((first, last))
            if needs:
                yield Place(name, first, last, match[1], tuple(needs))
        for number, line in enumerate(lines, 1):
            before, _, comment = line.partition("//")
            tags = re.findall(r"\[(\w+:\w)\]", comment) if before.strip() else []  # else it is prose
            for tag in TAGS.keys() & tags:
                first, last = next((c for c in calls if c[0] <= number <= c[1]), (number, number))
                if before.rstrip().endswith("{"):  # of a function: all of it
                    indent = re.match(r"\s*", line)[0]
                    last = next(n for n, other in enumerate(lines[number:], number + 1) if other.startswith(indent + "}"))
                yield Place(name, first, last, f"[{tag}]", tuple(TAGS[tag]))


def instructions(root, objects):
    """Each instruction as (function, chain of (file, line) from the innermost out, text)."""
    # objdump repeats the innermost line only when it changes, "inlined by" lines each time.
    listing = run(["aarch64-linux-gnu-objdump", "-drl", "--inlines", "--no-show-raw-insn", *objects], timeout=300).stdout
    known = {}

    def where(text):
        file, _, line = text.partition(" ")[0].rpartition(":")
        if file not in known:
            path = Path(file).resolve()
            known[file] = str(path.relative_to(root)) if path.is_relative_to(root) else file
        return known[file], int(line)

    symbol = function = innermost = None
    outer, found = [], []
    for line in listing.splitlines():
        if match := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            symbol = re.sub(r"(\.(cold|part|isra|constprop|lto_priv)(\.\d+)?)+$", "", match[1])
            innermost, outer = None, []
        elif line.endswith("():"):
            function = line[:-3]
        elif match := re.match(r"inlined by (\S+).* \((.*)\)$", line):
            # A function that was split, and inlined into itself again, is one.
            if match[2] != (outer[-1][1] if outer else function):
                outer.append((where(match[1]), match[2]))
        elif match := re.match(r"(/\S+:\d+)( \(discriminator \d+\))?$", line):
            innermost, outer = where(match[1]), []
        elif match := re.match(r"\s+[0-9a-f]+: R_AARCH64_\w+\s+(__aarch64_\w+)", line):
            found[-1] = (*found[-1][:2], f"{found[-1][2].split()[0]} {match[1]}")
        elif (match := re.match(r"\s+[0-9a-f]+:\t(.+)", line)) and innermost:
            found.append((symbol, (innermost, *(place for place, _ in outer)), match[1]))
            outer = []
    return found


def missing(root, objects, wanted):
    """The places that lack something, as texts; and how many instances of them there are."""
    by_line = {}  # (file, line): {(function, chain from there outwards): instructions}
    for function, chain, text in instructions(root, objects):
        for at, line in enumerate(chain):
            by_line.setdefault(line, {}).setdefault((function, chain[at + 1:]), []).append(text)
    lacking, instances = [], 0
    for place in wanted:
        groups = {}
        for number in range(place.first, place.last + 1):
            for key, texts in by_line.get((place.file, number), {}).items():
                groups.setdefault(key, []).extend(texts)
        if not groups and place.why.startswith("["):
            lacking.append(f"{place.file}:{place.first}: {place.why} is in no code")
        for (function, _), texts in groups.items():
            # What the compiler has moved away from the operation (the test of its result) touches no memory.
            if not any(re.match(r"ld|st|cas|swp|dmb|bl\b.*__aarch64_", t) for t in texts):
                continue
            instances += 1
            for need_ in place.needs:
                pattern = "|".join(CLASSES[c] for c in need_.split("|"))
                if not any(re.match(pattern, t) for t in texts):
                    lacking.append(f"{place.file}:{place.first}: {place.why} wants {need_} and has, in {function}:\n    "
                                   + "\n    ".join(texts[:20]))
    return lacking, instances


def core():
    """The core as it was built."""
    need("aarch64-linux-gnu-objdump")
    wanted = list(places(SOURCE))
    expect({p.why[1:-1] for p in wanted if p.why.startswith("[")} == set(TAGS), "a tag is at no operation")
    lacking, instances = missing(SOURCE, [common.options.build / "runtime" / a for a in ("libmstart.a", "libmstart_start.a")], wanted)
    expect(not lacking, *lacking)
    print(f"{len(wanted)} operations and tags, {instances} places in the code")
    expect(instances > len(wanted), "so few: is there no line information?")


SNIPPET = """#include <atomic>
// What a tag's operation may look like.
struct Queue {
  template <std::memory_order kOrder>
  void put(int n) {
    tail.store(n, kOrder);  // [runq:A]
  }
  int size() const { return tail.load(std::memory_order_seq_cst); }  // [wake:D]
  int leave() {  // [wake:C]
    return idle.fetch_sub(1, std::memory_order_seq_cst);
  }
  bool take(int h) {
    return head.compare_exchange_weak(h, h + 1, std::memory_order_release,
                                      std::memory_order_relaxed);  // [runq:C]
  }
  std::atomic<int> head, tail, idle;
};
Queue q;
void submit(int n) { q.put<std::memory_order_seq_cst>(n); }  // [wake:A]
void yield(int n) { q.put<std::memory_order_release>(n); }
void next(int n) { q.head.exchange(n, std::memory_order_seq_cst); }  // [wake:A]
int look() { return q.idle.load(std::memory_order_seq_cst); }  // [wake:B]
int thief() { return q.tail.load(std::memory_order_acquire); }  // [runq:B]
int owner() { return q.head.load(std::memory_order_acquire); }  // [runq:D]
int recheck() { return q.size(); }  // [wake:D]
bool drop() { return q.leave() != 0; }  // [wake:C]
bool grab() { return q.take(q.head.load(std::memory_order_relaxed)); }
void wake() { q.idle.exchange(1, std::memory_order_release); }  // [note:A]
bool sleep() { return q.idle.load(std::memory_order_acquire) != 0; }  // [note:B]
void flag() { q.idle.store(1, std::memory_order_release); }
"""


def compiled(root, text, options):
    source, obj = root / "os/snippet.cc", root / "snippet.o"
    source.parent.mkdir(exist_ok=True)
    source.write_text(text)
    run(["aarch64-linux-gnu-g++", "-std=c++20", "-g", "-c", *options, source, "-o", obj])
    return obj


def relaxed_orders():
    """Each order of the snippet is weakened, one at a time; this must see it, and nothing when none is."""
    need("aarch64-linux-gnu-objdump", "aarch64-linux-gnu-g++")
    root = scratch().resolve()
    (root / "os").mkdir()
    (root / "os/snippet.cc").write_text(SNIPPET)
    wanted = list(places(root))
    for options in (["-O2"], ["-Os"], ["-O2", "-mno-outline-atomics"], ["-O2", "-march=armv8.3-a"]):
        lacking, _ = missing(root, [compiled(root, SNIPPET, options)], wanted)
        expect(not lacking, options, *lacking)
    orders = list(re.finditer(r"memory_order_(seq_cst|acquire|release)", SNIPPET))
    for order in orders:
        weak = SNIPPET[:order.start()] + "memory_order_relaxed" + SNIPPET[order.end():]
        lacking, _ = missing(root, [compiled(root, weak, ["-O2"])], wanted)
        line = SNIPPET.count("\n", 0, order.start()) + 1
        if not any(text.startswith(f"os/snippet.cc:{n}:") for text in lacking for n in (line, line - 1, 6)):
            wrong(f"line {line} was relaxed, and nobody saw it:", SNIPPET.splitlines()[line - 1], *lacking)
    print(f"{len(orders)} orders weakened, all seen")


if __name__ == "__main__":
    main(core, relaxed_orders)
