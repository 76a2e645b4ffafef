// SPDX-License-Identifier: MIT

// What the Go peers share, as bench.h is for the C ones: their options and the line they print.
package main

import (
	"flag"
	"fmt"
	"time"
)

// operations gives the number of them asked for by -n or --quick.
func operations(usual, few int) int {
	n, quick := flag.Int("n", usual, "operations"), flag.Bool("quick", false, "few of them")
	if flag.Parse(); *quick {
		return few
	}
	return *n
}

func printPerOp(bench string, n int, elapsed time.Duration) {
	fmt.Printf(`{"bench":"%s","peer":"go","clock":"monotonic","n":%d,"ns_per_op":%.2f}`+"\n",
		bench, n, float64(elapsed)/float64(n))
}
