// SPDX-License-Identifier: MIT

// As perf/timer.cc, with Go's timers.
package main

import (
	"flag"
	"fmt"
	"sort"
	"sync"
	"syscall"
	"time"
)

func startStop(n int) {
	pending, batch := make([]*time.Timer, 1000), make([]*time.Timer, 100)
	for i := range pending {
		pending[i] = time.AfterFunc(2*time.Hour, func() {})
	}
	start := time.Now()
	for i := 0; i < n; i += len(batch) {
		for j := range batch {
			batch[j] = time.AfterFunc(time.Hour, func() {})
		}
		for _, t := range batch {
			t.Stop()
		}
	}
	printPerOp("timer", n, time.Since(start))
}

func sleepLate(n int) {
	late := make([]time.Duration, n)
	for i := range late {
		until := time.Now().Add(50 * time.Microsecond)
		time.Sleep(50 * time.Microsecond)
		late[i] = time.Since(until)
	}
	sort.Slice(late, func(i, j int) bool { return late[i] < late[j] })
	fmt.Printf(`{"bench":"sleep","peer":"go","clock":"monotonic","n":%d,"p50_ns":%d,"p99_ns":%d}`+"\n",
		n, late[n/2], late[n*99/100])
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func sleepAll(n int) time.Duration {
	before, start := cpuTime(), time.Now()
	var wg sync.WaitGroup
	wg.Add(n)
	for i := 0; i < n; i++ {
		go func(i int) {
			defer wg.Done()
			at := start.Add(100*time.Millisecond + time.Duration(i*7919%n)*100*time.Millisecond/time.Duration(n))
			time.Sleep(time.Until(at))
		}(i)
	}
	wg.Wait()
	return cpuTime() - before
}

func main() {
	sleep, many := flag.Bool("sleep", false, "lateness"), flag.Bool("many", false, "100,000 sleepers")
	quick := operations(0, -1) < 0
	pick := func(usual, few int) int { return map[bool]int{false: usual, true: few}[quick] }
	switch {
	case *sleep:
		sleepLate(pick(5000, 100))
	case *many:
		n := pick(100000, 1000)
		sleepAll(n) // warm-up: stacks
		printPerOp("sleepers", n, sleepAll(n))
	default:
		startStop(pick(2000000, 10000))
	}
}
