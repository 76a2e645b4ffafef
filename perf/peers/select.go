// SPDX-License-Identifier: MIT

// perf/select.cc's work with Go's select.
package main

import (
	"runtime"
	"time"
)

func main() {
	n := operations(4000000, 20000)
	runtime.GOMAXPROCS(1)
	channels := [2]chan int32{make(chan int32, 1), make(chan int32, 1)}
	var t0 time.Time
	sum := 0
	for i := -n / 10; i < n; i++ { // below 0: warm-up
		if i == 0 {
			t0 = time.Now()
		}
		channels[i&1] <- int32(i & 1)
		select {
		case v := <-channels[0]:
			sum += 1 - int(v)
		case v := <-channels[1]:
			sum += int(v)
		}
	}
	if sum != n+n/10 {
		panic("a wrong case ran")
	}
	printPerOp("select", n, time.Since(t0))
}
