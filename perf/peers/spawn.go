// SPDX-License-Identifier: MIT

// Short tasks on one P. One operation: a goroutine is started, says Done() and ends. 100 are
// started, then Wait() for all, and again.
package main

import (
	"runtime"
	"sync"
	"time"
)

func main() {
	n := operations(2000000, 10000)
	runtime.GOMAXPROCS(1)
	var t0 time.Time
	var wg sync.WaitGroup
	for batch := -n / 1000; batch < n/100; batch++ { // below 0: warm-up
		if batch == 0 {
			t0 = time.Now()
		}
		wg.Add(100)
		for i := 0; i < 100; i++ {
			go func() { wg.Done() }()
		}
		wg.Wait()
	}
	printPerOp("spawn", n, time.Since(t0))
}
