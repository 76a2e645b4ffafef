#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Threads and memory are refused, in every way that Linux has: the work is done by the threads that there are, the exit
status is 0, one diagnosis names the limit, and when the limit is lifted threads are made again."""

import contextlib
import ctypes
import errno
import os
import re
import resource
import subprocess
import struct
from pathlib import Path

import common
from common import PATIENCE, expect, is_root, natively, program, run, skip, wrong

HARD_NPROC = resource.getrlimit(resource.RLIMIT_NPROC)[1]
WANT_THREADS = {**os.environ, "MSTART_PROCS": "8"}
EMULATOR_ABORTS = "it starts a thread of its own, and aborts when that is refused"
TRIED_AGAIN = "births are tried again\n"


def check_output(out, err, says):
    """One diagnosis that has all of `says` in it; none if it is null; and nothing else on stderr."""
    expect(re.fullmatch(r"done, \d+ Ms, \d+ births refused\n", out), "printed:", out, "--- stderr", err)
    if says is None:
        expect(err == "", "there should be nothing on stderr:", err)
        return
    expect(re.fullmatch(r"runtime: failed to create new OS thread \(have \d+ already; errno=\d+\)\n"
                        r"runtime: [^\n]*\nruntime: [^\n]*" + TRIED_AGAIN, err), "not one diagnosis:", err)
    expect(says in err, f"the diagnosis does not say {says!r}:", err)


def born_and_refused(out):
    return [int(n) for n in re.findall(r"\d+", out)]


def works(mode, says, **how):
    done = run(program("tests/system/refused") + [mode], env=WANT_THREADS, **how)
    check_output(done.stdout, done.stderr, says)
    refused = born_and_refused(done.stdout)[1]
    expect((refused != 0) == (says is not None), "births refused, but not said:", done.stdout)
    # A G that locks its thread asks once (2000 do), and waits for nobody.
    expect(refused < 4000, "each refusal is asked again and again:", done.stdout)


def works_when_lifted(mode, says, lift, **how):
    """Lifts the limit when the program has said that it has met it. The program ends when it has got a thread."""
    with subprocess.Popen(program("tests/system/refused") + [mode], env=WANT_THREADS, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how) as process:
        try:
            err = ""
            while not err.endswith(TRIED_AGAIN):
                line = process.stderr.readline()
                expect(line, f"{mode} ended without a diagnosis:", err)
                err += line
            lift(process.pid)
            out, rest = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            wrong(f"{mode} got no thread when the limit was lifted")
        finally:
            process.kill()
    expect(process.returncode == 0, f"{mode}: exit status {process.returncode}:", out, err + rest)
    check_output(out, err + rest, says)


def is_fatal(mode, text, **how):
    done = run(program("tests/system/refused") + [mode], status=2, env=WANT_THREADS, **how)
    expect(f"fatal error: {text}\n" in done.stderr, f"not fatal for {text!r}:", done.stderr)
    return done.stderr


# ---- RLIMIT_NPROC ----------------------------------------------------------------------------------------------------

USER = 60000 + os.getpid() % 5000  # nobody else's: it has no other processes


def become_user():
    if is_root():
        os.setgroups([])
        os.setgid(USER)
        os.setuid(USER)


def may_have(most):
    """As a user that is not root, who is exempt, and may have so many threads. The program is run from a descriptor: the
    build may be in a folder that is closed to others."""
    def prepare():
        become_user()
        resource.setrlimit(resource.RLIMIT_NPROC, (most, HARD_NPROC))
    fd = os.open(program("tests/system/refused")[-1], os.O_RDONLY)
    return {"preexec_fn": prepare, "executable": f"/proc/self/fd/{fd}", "pass_fds": [fd]}


def lift_nproc(pid):
    """By a process of the same user: root needs CAP_SYS_RESOURCE for it, which containers do not give."""
    def lift():
        become_user()
        resource.prlimit(pid, resource.RLIMIT_NPROC, (HARD_NPROC, HARD_NPROC))
    run(["true"], preexec_fn=lift)


@natively(EMULATOR_ABORTS)
def nproc():
    for mode in "parking", "busy", "locking":
        works(mode, "ulimit -u): RLIMIT_NPROC is 1\n", **may_have(1))
    if is_root():  # another user may have threads already
        works("crowd", "ulimit -u): RLIMIT_NPROC is 3\n", **may_have(3))


@natively(EMULATOR_ABORTS)
def nproc_lifted():
    for mode in "parking_until_granted", "busy_until_granted":
        works_when_lifted(mode, "RLIMIT_NPROC is 1\n", lift_nproc, **may_have(1))


@natively(EMULATOR_ABORTS)
def nproc_locked():
    """A locked thread makes none itself, and its G runs nowhere else."""
    works("locked_yield", "RLIMIT_NPROC is 1\n", **may_have(1))
    err = is_fatal("locked_wait", "thread exhaustion", **may_have(1))
    expect("they are locked" in err, "does not say why:", err)


@natively(EMULATOR_ABORTS)
def nproc_locked_lifted():
    works_when_lifted("locked_wait_until_granted", "RLIMIT_NPROC is 1\n", lift_nproc, **may_have(HARD_NPROC))


# ---- pids cgroups ----------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def cgroup(most):
    """A cgroup that may hold so many threads, and one within it, for the process: limits hold for all that is below."""
    outer = None
    try:
        if not is_root():
            skip("only root can make a cgroup")
        v1 = Path("/sys/fs/cgroup/pids")
        base = v1 if (v1 / "cgroup.procs").exists() else Path("/sys/fs/cgroup")
        outer = base / f"mstart-test-{os.getpid()}"
        try:
            outer.mkdir()
            if not (outer / "pids.max").exists():
                (base / "cgroup.subtree_control").write_text("+pids")
            (outer / "pids.max").write_text(str(most))
            (outer / "inner").mkdir()
        except OSError as error:
            skip(f"no pids cgroup can be made below {base}: {error}")
        yield outer
    finally:
        for folder in (outer / "inner", outer) if outer else ():
            with contextlib.suppress(FileNotFoundError):
                folder.rmdir()


def inside(group):
    return {"preexec_fn": lambda: (group / "inner/cgroup.procs").write_text(str(os.getpid()))}


@natively(EMULATOR_ABORTS)
def pids():
    with cgroup(1) as group:
        for mode in "parking", "busy", "locking":
            works(mode, "the cgroup has reached its pids.max of 1\n", **inside(group))


@natively(EMULATOR_ABORTS)
def pids_lifted():
    for mode in "parking_until_granted", "busy_until_granted":
        with cgroup(1) as group:
            works_when_lifted(mode, "pids.max of 1\n", lambda _, g=group: (g / "pids.max").write_text("max"), **inside(group))


# ---- memory ----------------------------------------------------------------------------------------------------------

@natively("it does not pass RLIMIT_AS on, and needs more memory itself")
def memory():
    """The program sets RLIMIT_AS itself, and lifts it again. One P: no thread is wanted before the limit is met."""
    done = run(program("tests/system/refused") + ["memory"], env={**os.environ, "MSTART_PROCS": "1"})
    check_output(done.stdout, done.stderr, f"out of memory: RLIMIT_AS is {64 << 20}\n")


@natively("it does not pass RLIMIT_AS on, and needs more memory itself")
def no_memory_for_go():
    is_fatal("no_memory_for_go", "go: out of memory for a goroutine's stack")


# ---- seccomp ---------------------------------------------------------------------------------------------------------

NUMBERS = {"clone": 56, "clone3": 435, "madvise": 28, "process_madvise": 440, "membarrier": 324, "rseq": 334}


def filtered(names, error):
    """These calls are refused with this error. x86-64: elsewhere the numbers are others."""
    if os.uname().machine != "x86_64":
        skip("the numbers of the system calls are x86-64's")
    load_number, equal, give = 0x20, 0x15, 0x06  # BPF_LD|W|ABS; BPF_JMP|JEQ|K; BPF_RET|K
    refuse, allow = 0x00050000 | error, 0x7fff0000
    code = [struct.pack("HBBI", load_number, 0, 0, 0)]
    for name in names:
        code += [struct.pack("HBBI", equal, 0, 1, NUMBERS[name]), struct.pack("HBBI", give, 0, 0, refuse)]
    code.append(struct.pack("HBBI", give, 0, 0, allow))
    text = ctypes.create_string_buffer(b"".join(code))
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def install():
        no_new_privs, set_seccomp, mode_filter = 38, 22, 2
        whole = struct.pack("HxxxxxxP", len(code), ctypes.addressof(text))
        if prctl(no_new_privs, 1, 0, 0, 0) or prctl(set_seccomp, mode_filter, whole, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
    return {"preexec_fn": install}


@natively("a filter would meet the emulator's own calls")
def seccomp():
    for names, says in [(["clone"], "a seccomp filter forbids clone(2)\n"), (["madvise"], None), (["process_madvise"], None),
                        (["madvise", "process_madvise"], None), (["membarrier"], None), (["rseq"], None),
                        (list(NUMBERS), "a seccomp filter forbids clone(2)\n")]:
        for error in errno.EPERM, errno.ENOSYS:
            how = filtered(names, error)
            for mode in "parking", "busy", "locking":
                works(mode, says, **how)
            is_fatal("overflow", "stack overflow", **how)  # there are guards all the same


# ---- set_max_threads -------------------------------------------------------------------------------------------------

def max_threads():
    done = run(program("tests/system/refused") + ["max_threads"], env=WANT_THREADS)
    expect(re.fullmatch(r"done, [1-9]\d* Ms, [1-9]\d* births refused\n", done.stdout), "printed:", done.stdout)
    expect(done.stderr == "runtime: at the limit of 1 threads (set_max_threads): work waits for a thread\n",
           "it is said once:", done.stderr)
    err = is_fatal("locked_by_all", "thread exhaustion")
    expect("exceeds 4-thread limit" in err, "does not say why:", err)


common.main(nproc, nproc_lifted, nproc_locked, nproc_locked_lifted, pids, pids_lifted, memory, no_memory_for_go, seccomp,
            max_threads)
