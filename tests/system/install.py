#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `meson install` puts down is enough to build and run programs elsewhere, by the pkg-config lines, with both compilers:
the README's first program, parts of the standard library, `using namespace mstart`, and programs of a process with libc."""

import functools
import os
import re

import common
from common import SOURCE, expect, need, run, scratch, skip


def compilers():
    if common.options.wrapper:
        return ["aarch64-linux-gnu-g++", "clang++-19 --target=aarch64-linux-gnu"]
    return ["g++", "clang++-19"]


STANDARD_LIBRARY = r"""
#include <mstart/mstart.h>
#include <memory>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  auto words = std::make_shared<std::vector<std::string>>();
  for (int i = 0; i < argc; ++i) words->push_back(std::string(argv[i]) + std::string(100, 'x'));
  std::atomic<size_t> bytes{0};
  {
    mstart::Scope scope;
    for (int g = 0; g < 100; ++g)
      scope.go([&bytes, words] {
        for (const std::string& word : *words) bytes += word.size();
      });
  }
  mstart::print("{} {} {}\n", words->size(), words.use_count(), bytes.load());
  return 3;
}
"""

# Names that the standard library, and C, have too.
USING_NAMESPACE = r"""
#include <mstart/mstart.h>
#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
using namespace std;
using namespace mstart;

int twice(int n) { return 2 * n; }

int main() {
  atomic<int> n{0};
  WaitGroup group;
  group.add(1);
  go([&] { n += 1; group.done(); });
  go({.stack_bytes = 100'000, .name = "second"}, [&] { yield(); });
  if (const Result<void> r = try_go([&] { n += 1; }); !r) fatal("try_go");
  Task<string> task = spawn([] { return string("spawned"); });
  Scope scope;
  scope.go([&] { lock_thread(); n += twice(1); unlock_thread(); });
  scope.wait();
  group.wait();
  const Result<long> pid = raw_syscall(SYS_getpid);
  print("{} {} {}\n", task.join(), n.load() >= 3, *pid > 0);
}
"""

# In a process with libc, and without.
HOSTED = r"""
#include <mstart/mstart.h>

int main(int argc, char**) {
  return mstart::run([=] {
    mstart::Scope scope;
    for (int g = 0; g < 3; ++g) scope.go([] { mstart::yield(); });
    scope.wait();
    mstart::print("{} Gs, {} argument\n", mstart::num_g(), argc - 1);
    return 3;
  });
}
"""


@functools.cache
def installed():
    """A folder with an installation of the build, and the environment in which pkg-config finds it."""
    if not (common.options.build / "meson-private").exists():
        skip("not a meson build folder")
    need("meson", "pkg-config")
    root = scratch() / "root"
    run(["meson", "install", "-C", common.options.build, "--no-rebuild", "--destdir", root])
    found = sorted(root.rglob("*.pc"))
    expect([f.name for f in found] == ["mstart-hosted.pc", "mstart.pc"], "pkg-config files:", *found)
    return {**os.environ, "PKG_CONFIG_PATH": str(found[0].parent), "PKG_CONFIG_SYSROOT_DIR": str(root)}


def build(compiler, source, change=lambda line: line, package="mstart"):
    """By the line of the documentation; gives the program."""
    environment = installed()
    need(compiler.split()[0])
    folder = scratch() / "user"
    folder.mkdir(exist_ok=True)
    (folder / "hello.cc").write_text(source)
    flags = run(["pkg-config", "--cflags", "--libs", package], env=environment).stdout
    line = f"{compiler} -std=c++20 -O2 -Wall -Wextra -Werror hello.cc {change(flags.strip())} -o hello"
    run(["sh", "-c", line], cwd=folder)
    if package == "mstart":
        segments = run(["readelf", "-lW", folder / "hello"]).stdout
        expect("INTERP" not in segments, "wants a loader:", segments)
    return folder / "hello"


def check(source, printed, status=0):
    for compiler in compilers():
        out = run([*common.options.wrapper, build(compiler, source), "a"], status=status).stdout
        expect(out == printed, f"{compiler}: printed {out!r}, and not {printed!r}")


def first_program():
    found = re.findall(r"^```cpp\n(.*?)^```$", (SOURCE / "README.md").read_text(), re.M | re.S)
    expect(found and "int main()" in found[0], "the README begins with no program")
    check(found[0], "140\n")


def standard_library():
    name = len(str(scratch() / "user/hello")) + 100
    check(STANDARD_LIBRARY, f"2 1 {100 * (name + 101)}\n", status=3)


def using_namespace():
    check(USING_NAMESPACE, "spawned true true\n")


def static_pie():
    """As the README says: -static-pie in place of -static."""
    source = re.findall(r"^```cpp\n(.*?)^```$", (SOURCE / "README.md").read_text(), re.M | re.S)[0]
    for compiler in compilers():
        hello = build(compiler, source, lambda flags: flags.replace("-static ", "-static-pie -fPIE "))
        expect("DYN" in run(["readelf", "-h", hello]).stdout, "not position-independent")
        expect(run([*common.options.wrapper, hello]).stdout == "140\n", "prints something else")


@common.natively("hosted programs are built for the machine itself")
def hosted():
    """One source, without libc, with the shared one, with the static one."""
    for compiler in compilers():
        for package, more in [("mstart", ""), ("mstart-hosted", ""), ("mstart-hosted", " -static")]:
            hello = build(compiler, HOSTED, lambda flags: flags + more, package)
            out = run([hello, "a"], status=3).stdout
            expect(out == "1 Gs, 1 argument\n", f"{compiler} {package}{more}: printed {out!r}")


def every_header_by_itself():
    flags = run(["pkg-config", "--cflags", "mstart"], env=installed()).stdout.split()
    for header in sorted((SOURCE / "include/mstart").rglob("*.h")):
        name = header.relative_to(SOURCE / "include")
        for compiler in compilers():
            command = compiler.split()
            need(command[0])
            source = scratch() / "header.cc"
            source.write_text(f"#include <{name}>\n")
            run([*command, "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wno-unused-command-line-argument",
                 "-fsyntax-only", *flags, source])


common.main(first_program, standard_library, using_namespace, static_pie, hosted, every_header_by_itself)
