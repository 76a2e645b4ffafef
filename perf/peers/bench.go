// SPDX-License-Identifier: MIT

// What the Go peers share, as bench.h is for the C ones: their options and the line they print.
package main

import (
	"flag"
	"fmt"
	"sort"
	"syscall"
	"time"
)

var mark = flag.Bool("mark", false, "bracket each birth for strace: see bench.py")
var rest = flag.Int64("rest", 100, "births: µs between them")

// operations gives the number of them asked for by -n or --quick.
func operations(usual, few int) int {
	n, quick := flag.Int("n", usual, "operations"), flag.Bool("quick", false, "few of them")
	if flag.Parse(); *quick {
		return few
	}
	return *n
}

// marker makes a system call for strace to find.
func marker(number uintptr) {
	if *mark {
		syscall.RawSyscall(number, 0, 0, 0)
	}
}

const warmup = 100 // the first samples are left out of the quantiles; the very first is shown

func printLatencies(bench string, all []time.Duration, stale int) {
	s := append([]time.Duration(nil), all[warmup:]...)
	sort.Slice(s, func(i, j int) bool { return s[i] < s[j] })
	at := func(q float64) time.Duration { return s[int(float64(len(s)-1)*q)] }
	fmt.Printf(`{"bench":"%s","peer":"go","clock":"monotonic","n":%d,"warmup":%d,"stale":%d,`+
		`"first_ns":%d,"p50_ns":%d,"p90_ns":%d,"p99_ns":%d,"p999_ns":%d,"max_ns":%d}`+"\n",
		bench, len(s), warmup, stale, all[0], at(.5), at(.9), at(.99), at(.999), at(1))
}

func printPerOp(bench string, n int, elapsed time.Duration) {
	fmt.Printf(`{"bench":"%s","peer":"go","clock":"monotonic","n":%d,"ns_per_op":%.2f}`+"\n",
		bench, n, float64(elapsed)/float64(n))
}
