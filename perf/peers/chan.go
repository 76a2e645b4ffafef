// SPDX-License-Identifier: MIT

// perf/chan.cc's work with Go's channels.
package main

import (
	"flag"
	"runtime"
	"time"
)

func roundTrips(n int) time.Duration {
	there, back := make(chan int32), make(chan int32)
	go func() {
		for v := range there {
			back <- v
		}
	}()
	var t0 time.Time
	for i := -n / 10; i < n; i++ { // below 0: warm-up
		if i == 0 {
			t0 = time.Now()
		}
		there <- 1
		<-back
	}
	took := time.Since(t0)
	close(there)
	return took
}

func elements(n int) time.Duration {
	pipe := make(chan int32, 100)
	go func() {
		for i := -n / 10; i < n; i++ {
			pipe <- 1
		}
	}()
	var t0 time.Time
	for i := -n / 10; i < n; i++ {
		if i == 0 {
			t0 = time.Now()
		}
		<-pipe
	}
	return time.Since(t0)
}

func main() {
	one, pipe := flag.Bool("one", false, "one P"), flag.Bool("pipe", false, "buffered, one way")
	n := operations(2000000, 10000)
	if *one {
		runtime.GOMAXPROCS(1)
	}
	if *pipe {
		printPerOp("pipe", 4*n, elements(4*n))
	} else {
		printPerOp("pair", n, roundTrips(n))
	}
}
