#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""MSTART_DEBUG=seed: the same seed gives the same run, another seed another one; and what explore() has found is found again by a
process that is only told the seed."""

import os
import re

import common
from common import expect, program, run


def with_seed(name, seed, *arguments):
    return run([*program(f"tests/run/run_{name}"), *arguments], env={**os.environ, "MSTART_DEBUG": f"seed={seed}"})


def same_run():
    orders = []
    for seed in 1, 2, 3:
        first = with_seed("seeded", seed).stdout
        expect(first.startswith("order: "), first)
        for _ in range(4):
            again = with_seed("seeded", seed).stdout
            expect(again == first, f"seed {seed}:", first, again)
        orders.append(first)
    expect(len(set(orders)) == 3, "whatever the seed:", *orders)


def replay():
    found = run([*program("tests/run/run_explore_finds"), "lock_order"]).stderr
    seeds = set(re.findall(r"run (?!1 )\d+ fails: all its goroutines are asleep - deadlock!\n(?s:.*?)"
                           r"it fails again; MSTART_DEBUG=seed=(\d+)", found))
    expect(len(seeds) == 1, "one bug, not in the first run:", found)
    told = run([*program("tests/run/run_explore_finds"), "lock_order"], status=None,
               env={**os.environ, "MSTART_DEBUG": f"seed={seeds.pop()}"}).stderr
    expect(told.startswith("explore: run 1 fails: all its goroutines are asleep - deadlock!"), told)


common.main(same_run, replay)
