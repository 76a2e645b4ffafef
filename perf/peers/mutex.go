// SPDX-License-Identifier: MIT

// sync.Mutex. One operation: Lock, add 1, Unlock; uncontended, or by four goroutines on two Ps.
package main

import (
	"flag"
	"runtime"
	"sync"
	"time"
)

var counter struct {
	_     [128]byte
	mutex sync.Mutex
	n     int
	_     [128]byte
}

func add() {
	counter.mutex.Lock()
	counter.n++
	counter.mutex.Unlock()
}

func main() {
	contended := flag.Bool("contended", false, "four goroutines")
	n := operations(20000000, 20000)
	gs, name := 1, "mutex"
	if *contended {
		gs, name = 4, "mutex_contended"
	}
	runtime.GOMAXPROCS((gs + 1) / 2)
	for i := 0; i < n/10; i++ {
		add()
	}
	t0 := time.Now()
	var wg sync.WaitGroup
	for g := 0; g < gs; g++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < n/gs; i++ {
				add()
			}
		}()
	}
	wg.Wait()
	printPerOp(name, n, time.Since(t0))
}
