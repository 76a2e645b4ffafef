// SPDX-License-Identifier: MIT

// sync.RWMutex, read mostly, by four goroutines on two Ps. One operation: one time in a hundred Lock, add 1, Unlock; else
// RLock, read, RUnlock.
package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

var shared struct {
	_     [128]byte
	mutex sync.RWMutex
	n     int64
	_     [128]byte
}
var sums int64

func play(n int) {
	sum := int64(0)
	for i := 0; i < n; i++ {
		if i%100 == 0 {
			shared.mutex.Lock()
			shared.n++
			shared.mutex.Unlock()
		} else {
			shared.mutex.RLock()
			sum += shared.n
			shared.mutex.RUnlock()
		}
	}
	atomic.AddInt64(&sums, sum)
}

func main() {
	n := operations(10000000, 20000)
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
	printPerOp("shared_mutex", n, time.Since(t0))
}
