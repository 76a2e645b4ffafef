// SPDX-License-Identifier: MIT

// 1,000 parked goroutines and nothing to do for S seconds (the argument; 10). Counted over all
// threads by getrusage: CPU time, and voluntary context switches, each of which a wake-up ends; the
// one that ends main's own sleep is taken off. 6 seconds to settle come first.
package main

import (
	"flag"
	"fmt"
	"sync"
	"syscall"
	"time"
)

func usage() (cpuMicros, switches int64) {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return (u.Utime.Nano() + u.Stime.Nano()) / 1000, u.Nvcsw
}

func main() {
	quick := flag.Bool("quick", false, "for a fifth of a second")
	flag.Parse()
	settle, seconds := 6.0, 10.0
	fmt.Sscan(flag.Arg(0), &seconds)
	if *quick {
		settle, seconds = .1, .2
	}
	var parked, never sync.WaitGroup
	never.Add(1)
	parked.Add(1000)
	for i := 0; i < 1000; i++ {
		go func() {
			parked.Done()
			never.Wait()
		}()
	}
	parked.Wait()
	time.Sleep(time.Duration(settle * 1e9))
	cpu0, switches0 := usage()
	time.Sleep(time.Duration(seconds * 1e9))
	cpu, switches := usage()
	fmt.Printf(`{"bench":"idle","peer":"go","seconds":%.1f,"cpu_us":%d,"wakeups":%d}`+"\n",
		seconds, cpu-cpu0, switches-switches0-1)
}
