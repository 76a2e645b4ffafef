#!/bin/sh
# SPDX-License-Identifier: MIT
# The births of threads in a program, event by event, by perf: which probe, on which thread and CPU, when, with its M (or G).
#
#   perf/scripts/births.sh PROGRAM [ARGUMENTS...]      as root; then: perf script --ns -i births.data
#
# PROBES names others than the birth's own (newproc, park, ready and goexit come with every G); OUT another file. perf knows a
# program's probes by its build id: link with -Wl,--build-id. In short, what happens here is
#
#   perf buildid-cache --add PROGRAM; perf probe 'sdt_mstart:*'; perf record -e 'sdt_mstart:child' ... PROGRAM
set -eu
: "${PROBES=wakep startm allocm clone__entered clone__returned child mstart minit acquirep schedule execute}"
: "${OUT=births.data}"
[ $# -gt 0 ] || { sed -n '3,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
program=$(command -v "$1")
readelf -n "$program" | grep -q 'Build ID' || { echo "births.sh: $1 has no build id" >&2; exit 2; }

cache=$(mktemp -d)
trap 'perf probe -q -d "sdt_mstart:*" || :; rm -rf "$cache"' EXIT
perf --buildid-dir "$cache" buildid-cache --add "$program"
perf --buildid-dir "$cache" probe -q 'sdt_mstart:*'
# A probe that is in the program more than once has a number behind its name, from the second on.
events=$(for probe in $PROBES; do printf -- '-e sdt_mstart:%s* ' "$probe"; done)
set -f
# shellcheck disable=SC2086
perf --buildid-dir "$cache" record -q -k CLOCK_MONOTONIC $events -o "$OUT" -- "$@"
