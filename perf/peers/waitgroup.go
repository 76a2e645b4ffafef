// SPDX-License-Identifier: MIT

// sync.WaitGroup, by four goroutines on two Ps. One operation: Add, Done; one time in a hundred on a group of one's own, with a
// Wait.
package main

import (
	"runtime"
	"sync"
	"time"
)

type padded struct {
	_     [128]byte
	group sync.WaitGroup
	_     [128]byte
}

var shared padded

func play(n int) {
	own := new(padded)
	for i := 0; i < n; i++ {
		group := &shared.group
		if i%100 == 0 {
			group = &own.group
		}
		group.Add(1)
		group.Done()
		if i%100 == 0 {
			group.Wait()
		}
	}
}

func main() {
	n := operations(20000000, 20000)
	const gs = 4
	runtime.GOMAXPROCS(2)
	play(n / 10)
	t0 := time.Now()
	var wg sync.WaitGroup
	for g := 0; g < gs; g++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			play(n / gs)
		}()
	}
	wg.Wait()
	printPerOp("waitgroup", n, time.Since(t0))
}
