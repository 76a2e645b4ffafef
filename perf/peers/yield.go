// SPDX-License-Identifier: MIT

// Two goroutines on one P yield to each other. One operation: one runtime.Gosched(), by way of Go's
// global queue.
package main

import (
	"runtime"
	"sync"
	"time"
)

func main() {
	n := operations(4000000, 20000)
	runtime.GOMAXPROCS(1)
	var t0 time.Time
	var wg sync.WaitGroup
	wg.Add(2)
	for g := 0; g < 2; g++ {
		go func() {
			defer wg.Done()
			for i := -n / 20; i < n/2; i++ { // below 0: warm-up
				if i == 0 {
					t0 = time.Now()
				}
				runtime.Gosched()
			}
		}()
	}
	wg.Wait()
	printPerOp("yield", n, time.Since(t0))
}
