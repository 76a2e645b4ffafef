// SPDX-License-Identifier: MIT

// A thread's birth as Go has it. One operation: from before the go statement to the first statement
// of the goroutine, on a thread made for it. Stamps are CLOCK_MONOTONIC: Go gives users no counter.
//
// How f comes to be on a new thread every time, on Go's shortest way there. One P. The creator, not
// locked to its thread (a locked one would ask the template thread to clone), starts f and blocks by
// runtime.entersyscallblock, as the runtime's own blocking calls do: its P is handed off, has work,
// no M is idle, so this thread clones one that runs f at once, with no spinning and no stealing. f
// stamps, wakes the creator, and keeps the P until the creator has queued itself and its thread is
// idle. Then f ends locked to its thread, which dies and hands the P to the creator's: again there
// is one M and none idle. (`go` beside an idle P would not do: every ready() there, and every dying
// M, starts a spare M, which the next birth would find instead of making one.) Where it goes wrong,
// there are not one more threads than before: that is no sample, and counted as stale.
package main

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
	. "syscall"
	"time"
	"unsafe"
)

//go:linkname entersyscallblock runtime.entersyscallblock
func entersyscallblock()

//go:linkname exitsyscall runtime.exitsyscall
func exitsyscall()

var born uint32 // a futex; 1: f has run

//go:nosplit
func blockUntilBorn() { // nosplit: the stack must not grow between the two halves
	for entersyscallblock(); atomic.LoadUint32(&born) == 0; {
		RawSyscall6(SYS_FUTEX, uintptr(unsafe.Pointer(&born)), 128, 0, 0, 0, 0) // WAIT_PRIVATE
	}
	exitsyscall()
}

func threads() uint64 {
	var s Stat_t
	Stat("/proc/self/task", &s) // a link for each, and two
	return uint64(s.Nlink)
}

func main() {
	var samples []time.Duration
	var n, pid, stale, base = operations(4000, 200), Getpid(), 0, time.Now()
	settle := Timespec{Nsec: *rest * 1000}
	sleep := func() { RawSyscall(SYS_NANOSLEEP, uintptr(unsafe.Pointer(&settle)), 0, 0) }
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	for len(samples) < n+warmup {
		var before, fresh, tid, t1 = threads(), false, 0, time.Duration(0)
		born = 0
		marker(SYS_GETPPID)
		t0 := time.Since(base)
		go func() {
			t1 = time.Since(base)
			marker(SYS_GETPGID)
			fresh, tid = threads() == before+1, Gettid()
			runtime.LockOSThread()
			atomic.StoreUint32(&born, 1)
			RawSyscall6(SYS_FUTEX, uintptr(unsafe.Pointer(&born)), 129, 1, 0, 0, 0) // WAKE_PRIVATE
			sleep()
		}()
		blockUntilBorn()
		if !fresh {
			stale++
			continue
		}
		for samples = append(samples, t1-t0); Tgkill(pid, tid, 0) == nil; { // join
			sleep()
		}
	}
	printLatencies("birth", samples, stale)
}
