#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The house rules that a program can check. What none can check is in HACKING.md.

    tests/tidy.py [--root DIR]                              every rule below, over the whole tree
    tests/tidy.py --symbols ARCHIVE... [--nm NM] [--ld LD]  what the core may leave undefined
    tests/tidy.py --self-test                               breaks each rule in a scratch tree and sees it reported

Each finding is one line, "file:line: rule: message", and any finding is exit status 1. There is no way to switch a rule
off in a file: exceptions have a name, and the names are here.

Rules work on text, not on a syntax tree: comments and the insides of strings are blanked first, and clang-format has
made the rest regular. "The core" is include/, arch/, os/ and runtime/.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from fnmatch import fnmatch
from os.path import normpath
from pathlib import Path, PurePosixPath

# ---- include direction -----------------------------------------------------------------------------------------------

# The layers, most special first: a file belongs to the first that its path starts with.
LAYERS = ["include/mstart", "arch", "os/start", "os/hosted", "os", "runtime",
          "tests/unit", "tests/model", "tests", "perf/peers", "perf/lab", "perf", "examples"]

# Headers of the standard library that need no object of libstdc++.
STD = set("""algorithm array atomic bit charconv chrono climits compare concepts coroutine cstdarg cstddef cstdint
    cstring functional initializer_list iterator limits memory new numeric optional ranges source_location span
    string_view tuple type_traits utility variant version""".split())
KERNEL = {"asm/*", "linux/*", "elf.h"}

# layer: (what it may include of the tree beside itself, which headers in <>; None: any)
MAY_INCLUDE = {
    "include/mstart": ([], STD),
    "arch": ([], {"cstddef", "cstdint"}),
    "os": (["arch", "include/mstart/result.h"], STD | KERNEL),
    "os/start": (["arch", "os", "runtime", "include/mstart"], STD | KERNEL),
    "os/hosted": (["arch", "os", "runtime", "include/mstart"], None),
    "runtime": (["arch", "os", "include/mstart"], STD | KERNEL | {"fmt/*"}),
    "tests": (["include/mstart"], None),
    "perf": (["include/mstart"], None),
    "examples": (["include/mstart"], None),
}

# White-box programs include anything: they time or test one inner mechanism.
WHITE_BOX = ["tests/unit/*", "tests/model/*", "perf/peers/*", "perf/lab/*",
             "perf/birth.cc", "perf/latency.h", "perf/switch.cc", "perf/wake.cc",
             # Programs that break the runtime's state, or look at which M they are on.
             "tests/hosted/libc_threads.cc",
             *("tests/run/" + name for name in
               ["canary.cc", "checks.cc", "deadlock_dump.cc", "deadlock_locked.cc", "env_unknown_key.cc", "g0_overflow.cc", "g_lists.cc", "g0_overflow_first.cc", "g_migrates.cc",
                "births_refused_idle.cc", "idle_word.cc", "lock_nesting.cc", "newosproc0.cc", "one_process.cc", "park_order.cc", "signal_storm.cc", "stack_reuse.cc", "sleep_signals.cc", "thread_hook.h",
                "timer_stop.cc"])]

# ---- names and numbers -----------------------------------------------------------------------------------------------

ISA_MACRO = r"\b__(x86_64|amd64|i386|aarch64|arm|ARM_\w+|AVX\w*|SSE\w*|BMI\w*)(__)?\b"
# These two conditions may be asked in one header each.
CONDITION = r"__SANITIZE_\w+|__has_feature|__cpp_exceptions"
CONDITION_HEADERS = ["runtime/sanitizer.h", "include/mstart/detail/exceptions.h"]

SYSCALL_NUMBER = r"\b(__NR_|SYS_)\w+"
# Instructions that have no stack to call os/ from: a thread's first and last, and the way back from a signal handler.
SYSCALL_NUMBER_EXEMPT = ["arch/*/clone.S", "arch/*/sigreturn.S"]

ATOMIC_OPERATION = r"(?:\.|->)\s*(load|store|exchange|fetch_\w+|compare_exchange_(?:weak|strong)|test_and_set)\s*\("

# What the core does not use, and what it uses instead. os/hosted, which lives on libc, may.
BANNED_NAMES = [
    (r"std::j?thread\b", "Ms are made by newm"),
    (r"std::(\w*mutex|condition_variable\w*|call_once|\w+_semaphore|latch|barrier)\b", "use our locks and notes"),
    (r"\b(thread_local|__thread)\b", "the current g is the only thread-local (mark its line I6)"),
    (r"\b(malloc|realloc)\s*\(", "use runtime/heap.h"),
    (r"\b\w*printf\s*\(", "use print, or check's printer"),
    (r"\bassert\s*\(", "use check()"),
    (r"\berrno\b", "system calls return a Result"),
]

BANNED_WORDS = [
    (r"\b(TODO|FIXME|XXX)\b", "finish it, or leave it out"),
    (r"(?i)\bfor now\b", "say what holds and why"),
    (r"deb\.debian\.org|registry\.npmjs\.org", "names of registries belong to the machine's own set-up"),
    (r"(?<![\w.])/work/", "a path of one machine"),
]
# A rule cannot be written down without its words.
BANNED_WORDS_EXEMPT = ["tests/tidy.py"]

# ---- sizes, in lines -------------------------------------------------------------------------------------------------

FILE_SIZES = [("*.S", 99), ("include/*", 800), ("arch/*", 800), ("os/*", 800), ("runtime/*", 800)]
PERF_SIZE = 80   # programs directly in perf/ and in perf/peers/
PERF_SIZE_EXEMPT = ["perf/bench.py"]
FUNCTION_SIZE = 70

# ---- undefined symbols -----------------------------------------------------------------------------------------------

MAY_BE_UNDEFINED = set("""memcpy memmove memset memcmp bcmp strlen memchr calloc free
    __stack_chk_fail __stack_chk_guard _GLOBAL_OFFSET_TABLE_""".split())
# libgcc's: 128-bit integers, AArch64's out-of-line atomics, its long double.
LIBGCC = re.compile(r"__u?(div|mod|divmod)ti[34]|__(mul|ashl|ashr|lshr)ti3|__(clz|ctz|popcount|parity)[dt]i2|"
                    r"__aarch64_(cas|swp|ldadd|ldclr|ldeor|ldset)\d+_\w+|"
                    r"__(add|sub|mul|div|neg|eq|ne|lt|le|gt|ge|unord)tf[23]|"
                    r"__(extend|trunc)\w+tf\w*2?|__fix(uns)?[dt]f[dt]i|__float(un)?[sdt]i[dt]f")

# ----------------------------------------------------------------------------------------------------------------------

CPP = {".cc", ".h", ".S"}
SPDX_SUFFIXES = CPP | {".c", ".go", ".py", ".sh", ".bt", ".ini"}
SPDX_NAMES = {"meson.build", "meson_options.txt", "dev", "run"}

LEXEME = re.compile(r"""(?P<comment> //[^\n]* | /\*.*?\*/ )
                      | R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"
                      | "(?:\\.|[^"\\\n])*"
                      | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'  # no digit before it: that one separates digits
                     """, re.S | re.X)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


class Source:
    """A file of the tree: its text, the same with only the code left, and with only the comments left."""

    def __init__(self, root, path):
        self.path = PurePosixPath(path.relative_to(root).as_posix())
        self.name = str(self.path)
        self.text = path.read_text(errors="replace")
        self.lines = self.text.splitlines()
        self.is_cpp = self.path.suffix in CPP
        self.layer = next((layer for layer in LAYERS if self.name.startswith(layer + "/")), "")
        self.in_core = self.name.startswith(("include/", "arch/", "os/", "runtime/"))
        code, comments, end = [], [], 0
        for match in LEXEME.finditer(self.text) if self.is_cpp else ():
            before, lexeme = self.text[end:match.start()], match.group()
            is_comment = match["comment"] is not None
            code += before, blank(lexeme) if is_comment else lexeme[0] + blank(lexeme[1:-1]) + lexeme[-1]
            comments += blank(before), lexeme if is_comment else blank(lexeme)
            end = match.end()
        self.code = "".join(code) + self.text[end:]
        self.comments = "".join(comments) + blank(self.text[end:])
        # The head: everything before the first line of code.
        first_code = re.search(r"^(?!\s*#\s*pragma once)[^\S\n]*\S", self.code, re.M)
        self.head_end = first_code.start() if first_code else len(self.code)

    def line_at(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def matches(self, patterns):
        return any(fnmatch(self.name, p) for p in patterns)

    def find(self, pattern, text):
        for match in re.finditer(pattern, text):
            yield self.line_at(match.start()), match


def tree(root):
    """All text files of the project; neither build folders nor what tools leave behind."""
    for path in sorted(root.iterdir()):
        if path.is_dir():
            hidden = path.name.startswith(".") and path.name != ".ci"
            if not hidden and path.name not in ("build", "__pycache__") and not (path / "meson-private").exists():
                yield from tree(path)
        elif not path.is_symlink() and b"\0" not in path.read_bytes():
            yield path


# ---- rules over one file: each yields (line, rule, message) ----------------------------------------------------------

def check_head(s):
    if s.path.suffix in SPDX_SUFFIXES or s.path.name in SPDX_NAMES:
        line = 2 if s.text.startswith("#!") else 1
        mark = "//" if s.path.suffix in CPP | {".c", ".go", ".bt"} else "#"
        if s.lines[line - 1:line] != [f"{mark} SPDX-License-Identifier: MIT"]:
            yield line, "spdx", f"expected {mark} SPDX-License-Identifier: MIT"
    if s.is_cpp and not re.search(r"\w", re.sub(r"// SPDX.*", "", s.comments[:s.head_end])):
        yield 2, "head", "say, before the first line of code, which problem the file solves"
    # A header that is compiled by itself, before others, is no header of theirs.
    if s.path.suffix == ".h" and s.path.parent.name != "pch" and not re.search(r"^#pragma once$", s.code, re.M):
        yield 1, "pragma-once", "a header has #pragma once"


def check_includes(s, root):
    for line, text in enumerate(s.lines, 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', text)
        if not match or s.matches(WHITE_BOX) or s.layer not in MAY_INCLUDE:
            continue
        name = match[2]
        layers, headers = MAY_INCLUDE[s.layer]
        places = [normpath(folder / name) for folder in (s.path.parent, PurePosixPath(), PurePosixPath("include"))]
        found = next((p for p in places if (root / p).is_file()), None)
        if found:
            layer = next((l for l in LAYERS if found.startswith(l + "/")), "")
            if layer != s.layer and layer not in layers and found not in layers:
                yield line, "include", f"{s.layer}/ does not include {layer or found}/"
        elif match[1] == '"' or name.startswith("mstart/"):
            yield line, "include", f"{name} is not in the tree"
        elif headers is not None and not any(fnmatch(name, h) for h in headers):
            yield line, "include", f"<{name}> is not for {s.layer}/"


def check_names(s):
    if not s.is_cpp:
        return
    if s.layer not in ("arch", "perf/peers", "perf/lab"):
        for line, match in s.find(ISA_MACRO, s.code):
            yield line, "isa", f"{match[0]}: what depends on the ISA is in arch/"
    if s.in_core and not s.matches(CONDITION_HEADERS):
        for line, match in s.find(CONDITION, s.code):
            yield line, "condition", f"{match[0]} is asked in {' or '.join(CONDITION_HEADERS)} only"
    if s.in_core and not s.layer.startswith("os") and not s.matches(SYSCALL_NUMBER_EXEMPT):
        for line, match in s.find(SYSCALL_NUMBER, s.code):
            yield line, "syscall-number", f"{match[0]}: system calls have a typed function in os/"
    if s.in_core and s.layer != "os/hosted":
        for pattern, instead in BANNED_NAMES:
            for line, match in s.find(pattern, s.code):
                if match[0] != "thread_local" or s.layer != "runtime" or "I6" not in s.lines[line - 1]:
                    yield line, "banned-name", f"{match[0].rstrip('( ')}: {instead}"
    if s.layer.startswith(("os", "runtime")):
        for line, _ in s.find(r"\bdefault\s*:", s.code):
            if "// not an enum" not in s.lines[line - 1]:
                yield line, "default", "a switch over an enum names its values; over other things: // not an enum"


def check_words(s):
    if not s.matches(BANNED_WORDS_EXEMPT):
        for pattern, instead in BANNED_WORDS:
            for line, match in s.find(pattern, s.text):
                yield line, "banned-word", f"{match[0]}: {instead}"


def check_memory_orders(s):
    """Calls may span lines. A wrapper may pass its parameter on if that is called order or kOrder."""
    if not s.in_core:
        return
    for line, match in s.find(ATOMIC_OPERATION, s.code):
        depth, end = 1, match.end()
        while depth and end < len(s.code):
            depth += {"(": 1, ")": -1}.get(s.code[end], 0)
            end += 1
        if not re.search(r"memory_order|\b(order|kOrder)\b", s.code[match.end():end]):
            yield line, "memory-order", f"{match[1]} without an explicit memory order"


def check_sizes(s):
    limit = next((n for pattern, n in FILE_SIZES if fnmatch(s.name, pattern)), None)
    if str(s.path.parent) in ("perf", "perf/peers") and s.path.suffix in CPP | {".c", ".go", ".py"} \
            and not s.matches(PERF_SIZE_EXEMPT):
        limit = PERF_SIZE
    if limit and len(s.lines) > limit:
        yield limit + 1, "file-size", f"{len(s.lines)} lines, at most {limit}"
    if s.in_core and s.path.suffix in (".cc", ".h"):
        for first, last, name in functions(s):
            if last - first + 1 > FUNCTION_SIZE:
                yield first, "function-size", f"{name}: {last - first + 1} lines, at most {FUNCTION_SIZE}"


def functions(s):
    """The functions of a file as (first line, last line, name), lambdas and local classes being part of theirs.

    A brace opens a scope if what stands before it says namespace, class, struct, union, enum or extern "C"; a function
    if that has parentheses; anything else is an initialiser. Good enough for formatted code."""
    code = re.sub(r"^[^\S\n]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: blank(m[0]), s.code, flags=re.M)
    stack = []      # of the open braces: "scope", "function" or "other"
    start = 0       # of the text that may be a declaration
    for match in re.finditer(r"[{};]", code):
        offset = match.start()
        if match[0] == "{":
            if "function" in stack:
                stack.append("other")
                continue
            header = code[start:offset]
            if re.match(r"\s*(template\s*<.*?>\s*(requires\b.*?)?)?(inline\s+|typedef\s+)*"
                        r'(namespace|class|struct|union|enum|extern\s*")', header, re.S) \
                    and not re.search(r"\)\s*(const\s*|noexcept\s*)*$", re.sub(r"alignas\([^)]*\)", "", header)):
                stack.append("scope")
                start = offset + 1
            elif "(" in header:
                stack.append("function")
                first = start + len(header) - len(header.lstrip())
                name = re.search(r"(?!requires|alignas|decltype)\b([\w:~]+|operator\W+)\s*\(", header)
            else:
                stack.append("other")
        elif match[0] == "}" and stack:
            closed = stack.pop()
            if closed == "function":
                if re.match(r"\s*[,{]", code[offset + 1:]):    # that was a member's initialiser; the body follows
                    start = first
                    continue
                yield s.line_at(first), s.line_at(offset), name[1] if name else "?"
            if "function" not in stack:
                start = offset + 1
        elif match[0] == ";" and "function" not in stack:
            start = offset + 1


# ---- rules over the tree: each yields (file, line, rule, message) ----------------------------------------------------

def check_tags(sources):
    """Barrier tags. Both ends of a pair carry one in a comment at the operation: [wake:A] here, [wake:B] there, and so
    on without a gap when one protocol has more. A page at the head of a file, or a Markdown page, may cite tags, and
    cites only those that exist."""
    pattern = r"\[([a-z][a-z0-9-]*):([A-Z])\]"
    at_code, cited = {}, []
    for s in sources:
        if s.in_core and s.is_cpp:
            for line, match in s.find(pattern, s.comments):
                if match.start() < s.head_end:
                    cited.append((s.name, line, match.groups()))
                else:
                    at_code.setdefault(match[1], {}).setdefault(match[2], (s.name, line))
        elif s.path.suffix == ".md":
            cited += [(s.name, line, match.groups()) for line, match in s.find(pattern, s.text)]
    for name, ends in at_code.items():
        letters = {chr(c) for c in range(ord("A"), ord(max("B", *ends)) + 1)}
        for letter in sorted(letters - set(ends)):
            yield *next(iter(ends.values())), "tag", f"[{name}:{letter}], its partner, is nowhere"
    for file, line, (name, letter) in cited:
        if letter not in at_code.get(name, {}):
            yield file, line, "tag", f"[{name}:{letter}] is cited, but at no operation"


def check_isa_folders(sources):
    files = {isa: {s.name.removeprefix(f"arch/{isa}/") for s in sources if s.name.startswith(f"arch/{isa}/")}
             for isa in ("x86_64", "aarch64")}
    for isa, other in (("x86_64", "aarch64"), ("aarch64", "x86_64")):
        for name in sorted(files[isa] - files[other]):
            yield f"arch/{isa}/{name}", 1, "isa-folders", f"arch/{other}/ has no file of this name"


def check_tree(root):
    sources = [Source(root, path) for path in tree(root)]
    findings = [*check_tags(sources), *check_isa_folders(sources)]
    for s in sources:
        for found in (check_head(s), check_includes(s, root), check_names(s), check_words(s), check_memory_orders(s),
                      check_sizes(s)):
            findings += [(s.name, *f) for f in found]
    return sorted(findings)


# ---- undefined symbols -----------------------------------------------------------------------------------------------

def check_symbols(archives, nm, ld):
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "core.o"
        subprocess.run([ld, "-r", "-o", whole, "--whole-archive", *archives], check=True)
        listed = subprocess.run([nm, "-u", whole], check=True, capture_output=True, text=True).stdout
    undefined = [line.split()[-1] for line in listed.splitlines()]
    return [(archives[0], 1, "symbols", f"{name} is undefined; the core may not need it")
            for name in undefined if name not in MAY_BE_UNDEFINED and not LIBGCC.fullmatch(name)]


# ---- self-test -------------------------------------------------------------------------------------------------------

HEAD = "// SPDX-License-Identifier: MIT\n// Says what it is for.\n"
HEADER = HEAD + "#pragma once\n"
BODY = "  work();\n"


def planted():
    """(rule that must be reported, or "" for none; {path: content})"""
    def core(rule, code, path="runtime/a.cc"):
        return rule, {path: HEAD + code}
    yield "spdx", {"runtime/a.cc": "// What it is for.\n"}
    yield "spdx", {"dev": "#!/bin/sh\necho\n"}
    yield "", {"dev": "#!/bin/sh\n# SPDX-License-Identifier: MIT\n"}
    yield "head", {"runtime/a.cc": "// SPDX-License-Identifier: MIT\n#include <cstdint>\n// Too late.\n"}
    yield "pragma-once", {"os/a.h": HEAD + "// #pragma once\n"}
    yield "", {"tests/run/pch/a.h": HEAD + "#include <map>\n"}
    yield "", {"os/a.h": "// SPDX-License-Identifier: MIT\n#pragma once\n// The page may follow.\nint a;\n"}
    for rule, user, used in [("include", "os/a.cc", "runtime/g.h"), ("include", "arch/a.h", "os/g.h"),
                             ("include", "include/mstart/a.h", "runtime/g.h"), ("include", "tests/run/a.cc", "os/g.h"),
                             ("include", "perf/a.cc", "runtime/g.h"), ("include", "examples/a.cc", "arch/g.h"),
                             ("include", "os/a.cc", "include/mstart/go.h"), ("include", "runtime/a.cc", "os/start/g.h"),
                             ("", "os/a.cc", "include/mstart/result.h"), ("", "os/start/a.cc", "runtime/g.h"),
                             ("", "runtime/a.cc", "os/g.h"), ("", "tests/unit/a.cc", "runtime/g.h"),
                             ("", "perf/peers/a.cc", "arch/g.h"), ("", "tests/run/a.cc", "include/mstart/go.h")]:
        spelling = used.removeprefix("include/")
        yield rule, {user: HEADER + f'#include "{spelling}"\n', used: HEADER}
    yield core("include", "#include <mutex>\n")
    yield core("include", "#include <cstdio>\n", "os/a.cc")
    yield core("include", "#include <bit>\n", "arch/a.cc")
    yield "include", {"os/a.cc": HEAD + '#include "../runtime/g.h"\n', "runtime/g.h": HEADER}
    yield core("include", '#include "nowhere.h"\n')
    yield core("", "#include <fmt/format.h>\n#include <linux/futex.h>\n#include <atomic>\n")
    yield core("isa", "#ifdef __x86_64__\n#endif\n")
    yield core("isa", "#if defined(__aarch64__)\n#endif\n", "tests/unit/a.cc")
    yield core("", "#ifdef __x86_64__\n#endif\n", "arch/a.cc")
    yield core("", "#ifdef __x86_64__\n#endif\n", "perf/peers/a.cc")
    yield core("condition", "#if __cpp_exceptions\n#endif\n")
    yield core("syscall-number", "long n = SYS_gettid;\n")
    yield core("syscall-number", "long n = __NR_gettid;\n", "arch/a.cc")
    yield "", {f"arch/{isa}/clone.S": HEAD + "#define SYS_exit 60\n" for isa in ("x86_64", "aarch64")}
    yield core("", "long n = __NR_gettid;\n", "os/a.cc")
    yield core("", "long n = __NR_gettid;\n", "tests/run/a.cc")
    for code in ["a.load()", "p->store(1)", "a.fetch_add(f(1, 2))", "a.exchange(\n    g(),\n    2)", "a.test_and_set()",
                 "a.compare_exchange_weak(x, y)"]:
        yield core("memory-order", f"int z = {code};\n")
    yield core("memory-order", "#pragma once\nint z = a.load(/* std::memory_order_relaxed */);\n", "include/mstart/a.h")
    yield core("", "int z = a.load(std::memory_order_relaxed) + a.compare_exchange_strong(\n    x, f(y),\n"
                   "    std::memory_order::acq_rel) + a.load(order) + a.load(kOrder);\n"
                   "int y = std::exchange(p, nullptr);  // a.load()\n")
    yield core("tag", "int a;  // [wake:A]\n")
    yield "tag", {"runtime/a.cc": HEAD + "// [wake:A] meets [wake:B]\nint a;  // [wake:A]\n"}
    yield core("tag", "int a;  // [wake:A]\nint b;  // [wake:B]\nint c;  // [wake:D]\n")
    yield "tag", {"HACKING.md": "[idle:A]\n"}
    yield "", {"runtime/a.cc": HEAD + "// [wake:A] meets [wake:B]\nint a;  // [wake:A]\n",
               "os/a.cc": HEAD + "int b;\n// [wake:B] why\n", "HACKING.md": "[wake:B]\n"}
    yield core("file-size", "int a;\n" * 799)
    yield core("", "int a;\n" * 798)
    yield core("file-size", "nop\n" * 98, "tests/unit/a.S")
    yield core("", "nop\n" * 97, "tests/unit/a.S")
    yield core("file-size", "int a;\n" * 79, "perf/a.cc")
    yield core("file-size", "int a;\n" * 79, "perf/peers/a.go")
    yield "", {"perf/bench.py": "# SPDX-License-Identifier: MIT\n" * 500}
    long = BODY * 69 + "}\n"
    for opening in ["void f() {\n", "namespace a {\nstruct alignas(64) B : C {\n  B() noexcept : x{1}, y{f(2)} {\n",
                    "template <class F>\n  requires(sizeof(F) > 1)\nauto f(F&& g) -> int {\n",
                    'extern "C" void f(struct x* p) {\n',
                    "int x = 1;\nint a[] = {1, 2};\nbool A::operator==(B b) const {\n",
                    "enum class E : int { a, b };\nstruct S {\n  void f() const {\n    if (x) {\n    }\n"]:
        yield core("function-size", opening + long)
    yield core("", "void f() {\n" + BODY * 68 + "}\n")
    yield core("", "struct A {\n" + "  void f() { a(); }\n  int x{0};\n" * 60 + "};\n"
                   "namespace n {\n" + "void f() {\n}\n" * 60 + "}\n")
    yield core("", 'const char a[] = "{";\nchar b = \'{\';\nvoid f() {\n}\n' + "int a;\n" * 80)
    for code in ["std::thread t;", "std::mutex m;", "thread_local int x;  // I6?", "p = malloc(3);",
                 "std::snprintf(a);", "assert(x);", "int e = errno;"]:
        yield core("banned-name", code + "\n", "os/a.cc")
    yield core("", 'static_assert(x);\nErrno errno_of(int);\nconst char* s = "malloc(3)";\nthread_local G* g;  // I6\n')
    yield core("", "std::thread t;\n", "os/hosted/a.cc")
    yield core("default", "void f() {\n  switch (e) {\n    default:\n  }\n}\n")
    yield core("", "A(const A&) = default;\nvoid f() {\n  switch (n) {\n    default:  // not an enum\n  }\n}\n")
    for word in ["TODO", "FIXME", "XXX", "For now", "http://deb.debian.org", "registry.npmjs.org", "see /work/main"]:
        yield "banned-word", {"README.md": f"# Title\n\n{word}\n"}
    yield "", {"README.md": "mktemp a.XXXXXX; for nowhere; src/work/a\n",
               "build/a.cc": "TODO\n", "out/meson-private/a": "TODO\n"}
    yield "isa-folders", {"arch/x86_64/a.h": HEADER, "arch/aarch64/b.h": HEADER}


def self_test():
    cases = bad = 0
    for wanted, files in planted():
        with tempfile.TemporaryDirectory() as scratch:
            for name, content in files.items():
                path = Path(scratch) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
            found = check_tree(Path(scratch))
        cases += 1
        if {f[2] for f in found} != ({wanted} if wanted else set()):
            bad += 1
            print(f"wanted {wanted or 'nothing'} of {files}\nfound {found}")
    with tempfile.TemporaryDirectory() as scratch:
        for symbols in ["memcpy __udivti3 __aarch64_cas8_acq_rel", "memcpy printf"]:
            asm, obj, lib = (f"{scratch}/a.{suffix}" for suffix in ("s", "o", "a"))
            Path(asm).write_text("".join(f".quad {name}\n" for name in symbols.split()))
            subprocess.run(["as", "-o", obj, asm], check=True)
            subprocess.run(["ar", "crs", lib, obj], check=True)
            found = [f[3].split()[0] for f in check_symbols([lib], "nm", "ld")]
            cases += 1
            if found != (["printf"] if "printf" in symbols else []):
                bad += 1
                print(f"undefined {symbols}: found {found}")
    print(f"{cases} cases, {bad} wrong")
    return bad


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--symbols", nargs="+", metavar="ARCHIVE")
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--ld", default="ld")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        return self_test() != 0
    if options.symbols:
        findings = check_symbols(options.symbols, options.nm, options.ld)
    else:
        findings = check_tree(options.root)
    for file, line, rule, message in findings:
        print(f"{file}:{line}: {rule}: {message}")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
