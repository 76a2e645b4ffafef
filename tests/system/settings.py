#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Under AT_SECURE, as in a set-user-ID program, the settings in the environment are not read: whoever starts it does not say
how it runs."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import common
from common import expect, is_root, natively, program, skip

NOBODY = 65534
BAD = {**os.environ, "MSTART_PROCS": "none"}


@natively("the kernel gives a set-user-ID program to no emulator")
def at_secure():
    if not is_root():
        skip("only root can make a program that is somebody else's")
    hello = program("perf/perf_hello")
    refused = subprocess.run(hello, env=BAD, capture_output=True, text=True, timeout=60)
    expect(refused.returncode == 2 and "MSTART_PROCS=none" in refused.stderr, "settings are read:", refused)
    # Beside the build: /tmp may be mounted without set-user-ID.
    with tempfile.TemporaryDirectory(dir=Path(hello[-1]).parent) as folder:
        copy = Path(folder) / "hello"
        shutil.copy(hello[-1], copy)
        os.chown(copy, NOBODY, NOBODY)
        copy.chmod(0o4755)
        if os.statvfs(folder).f_flag & os.ST_NOSUID:
            skip("set-user-ID is off where the build is")
        told = subprocess.run([copy], env=BAD, capture_output=True, text=True, timeout=60)
        expect(told.returncode == 0 and told.stderr == "", "settings are read under AT_SECURE:", told)


common.main(at_secure)
