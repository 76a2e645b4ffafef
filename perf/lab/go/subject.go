// SPDX-License-Identifier: MIT

// A thread's birth as Go has it: from before the go statement to the first statement of the goroutine, on a thread made for
// it. The records are those of ../record.h, of which this has a mirror; stamps are the cycle counter's.
//
// How f comes to be on a new thread every time, on Go's shortest way there. One P. The creator, not locked to its thread (a
// locked one would ask the template thread to clone), starts f and blocks by runtime.entersyscallblock, as the runtime's own
// blocking calls do: its P is handed off, has work, no M is idle, so this thread clones one that runs f at once, with no
// spinning and no stealing. f stamps, wakes the creator, and keeps the P until the creator has queued itself and its thread is
// idle: that is what the rest is for. Then f ends locked to its thread, which dies and hands the P to the creator's: again
// there is one M and none idle. (`go` beside an idle P would not do: every ready() there, and every dying M, starts a spare M,
// which the next birth would find instead of making one.) Where it goes wrong, there are not one more threads than before:
// that is no birth, and labelled as stale.
package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	. "syscall"
	"unsafe"
)

type birth struct {
	begin, newproc, wakep, startm, allocm, cloneEntered, created, released   uint64
	firstInstruction, mstart, minit, acquirep, schedule, firstG, end         uint64
	tid, cpu                                                                 uint32
	reusable                                                                 uint64
	creatorTid, creatorCPU, faults, creatorFaults, switches, creatorSwitches uint32
	flags                                                                    uint32
	_                                                                        [7]uint32
}

type lab struct {
	magic, version, recordBytes                   uint32
	births, burst, restUs, parent, stack, variant uint32
	phases, current, done                         uint32
	error                                         [192]byte
}

const (
	labMagic, labVersion, headerBytes  = 0x6c61626d, 1, 4096
	parentBlock, stackOwn              = 0, 0
	stale                              = 1
	leastRestUs                        = 100
	rusageThread                       = 1
	futexWaitPrivate, futexWakePrivate = 128, 129
)

//go:linkname entersyscallblock runtime.entersyscallblock
func entersyscallblock()

//go:linkname exitsyscall runtime.exitsyscall
func exitsyscall()

// ticks reads the cycle counter, not before what stands above it. In ticks_*.s.
func ticks() uint64

var born uint32 // a futex; 1: f has run

//go:nosplit
func blockUntilBorn(created *uint64) { // nosplit: the stack must not grow between the two halves
	entersyscallblock()
	*created = ticks() // the thread is cloned
	for atomic.LoadUint32(&born) == 0 {
		RawSyscall6(SYS_FUTEX, uintptr(unsafe.Pointer(&born)), futexWaitPrivate, 0, 0, 0, 0)
	}
	exitsyscall()
}

func threads() uint64 {
	var s Stat_t
	Stat("/proc/self/task", &s) // a link for each, and two
	return uint64(s.Nlink)
}

func usage() (faults, switches uint32) {
	var r Rusage
	RawSyscall(SYS_GETRUSAGE, rusageThread, uintptr(unsafe.Pointer(&r)), 0)
	return uint32(r.Minflt), uint32(r.Nivcsw)
}

func cpu(to *uint32) { RawSyscall(sysGetcpu, uintptr(unsafe.Pointer(to)), 0, 0) }

func refusal(l *lab) string {
	switch {
	case l.burst != 1:
		return "no bursts"
	case l.parent != parentBlock:
		return "its creator blocks: that is what makes a thread"
	case l.stack != stackOwn:
		return "Go's stacks are Go's affair"
	case l.restUs < leastRestUs:
		return "needs --rest 100 at least: the creator's thread must have become idle before the next birth"
	}
	return ""
}

func oneBirth(b *birth, pid int, rest func()) {
	faults, switches := usage()
	before := threads()
	b.creatorTid = uint32(Gettid())
	cpu(&b.creatorCPU)
	born = 0
	b.begin = ticks()
	go func() {
		b.end = ticks()
		cpu(&b.cpu)
		b.tid = uint32(Gettid())
		b.faults, b.switches = usage()
		if threads() != before+1 {
			b.flags = stale
		}
		runtime.LockOSThread()
		atomic.StoreUint32(&born, 1)
		RawSyscall6(SYS_FUTEX, uintptr(unsafe.Pointer(&born)), futexWakePrivate, 1, 0, 0, 0)
		rest()
	}()
	blockUntilBorn(&b.created)
	for b.flags == 0 && Tgkill(pid, int(b.tid), 0) == nil { // join
		rest()
	}
	b.reusable = ticks()
	f, s := usage()
	b.creatorFaults, b.creatorSwitches = f-faults, s-switches
}

func main() {
	fd, _ := strconv.Atoi(os.Args[1])
	var s Stat_t
	Fstat(fd, &s)
	memory, err := Mmap(fd, 0, int(s.Size), PROT_READ|PROT_WRITE, MAP_SHARED|MAP_POPULATE)
	if err != nil {
		os.Exit(2)
	}
	l := (*lab)(unsafe.Pointer(&memory[0]))
	if l.magic != labMagic || l.version != labVersion || uintptr(l.recordBytes) != unsafe.Sizeof(birth{}) {
		os.Exit(2)
	}
	if why := refusal(l); why != "" {
		copy(l.error[:], why)
		os.Exit(1)
	}
	births := unsafe.Slice((*birth)(unsafe.Pointer(&memory[headerBytes])), l.births)
	settle := Timespec{Nsec: int64(l.restUs) * 1000}
	rest := func() { RawSyscall(SYS_NANOSLEEP, uintptr(unsafe.Pointer(&settle)), 0, 0) }
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	pid := Getpid()
	for i := range births {
		atomic.StoreUint32(&l.current, uint32(i))
		oneBirth(&births[i], pid, rest)
	}
	l.done = 1
}
