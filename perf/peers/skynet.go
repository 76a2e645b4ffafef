// SPDX-License-Identifier: MIT

// perf/skynet.cc's work with goroutines.
package main

import "time"

func skynet(parent chan int64, number, size int64) {
	if size == 1 {
		parent <- number
		return
	}
	sums := make(chan int64)
	for i := int64(0); i < 10; i++ {
		go skynet(sums, number+i*(size/10), size/10)
	}
	var sum int64
	for i := 0; i < 10; i++ {
		sum += <-sums
	}
	parent <- sum
}

func main() {
	leaves := int64(operations(1000000, 1000))
	result := make(chan int64)
	t0 := time.Now()
	go skynet(result, 0, leaves)
	if <-result != leaves*(leaves-1)/2 {
		panic("a wrong sum")
	}
	printPerOp("skynet", 1, time.Since(t0))
}
