// SPDX-License-Identifier: MIT
// The contract between the instruction sets and everything above them, and the only ISA ladder in the tree.
//
// Each folder (x86_64/, aarch64/) holds the same files with the same contents in the same order:
//   frame.h     Context (a saved place to continue at) and its offsets, shared with the .S files
//   cpu.h       cpu_relax, cycles, FP control, constants
//   syscall.h   syscall(number, up to six arguments): the kernel's own return value
//   tls.h       the thread pointer, the TLS block's layout, the accessor of the current g
//   switch.h    switch_live and gogo_live: the inline switch that spills only what lives
//   signal.h    what a handler reads of the interrupted thread
//   entry.S     _start (goes into the start library)
//   switch.S    save-and-leave, whole ABI: mcall; gogo; the bottom of a scheduler stack
//   gentry.S    a G's first instructions
//   asmcgocall.S  call a function on the system stack
//   clone.S     the clone(2) trampoline with the child's first instructions; a thread's last ones
//   mstart.S    an M's first instructions: mstart
//   sigreturn.S the signal-return trampoline
//
// The asm knows Context and nothing else: no G, M or P. Two names come from above and are part of the contract:
// the thread_local `mstart_g` (runtime/g.h) that getg() reads, and the C entries that the trampolines call.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include "x86_64/cpu.h"
#include "x86_64/frame.h"
#include "x86_64/signal.h"
#include "x86_64/switch.h"
#include "x86_64/syscall.h"
#include "x86_64/tls.h"
#elif defined(__aarch64__)
#include "aarch64/cpu.h"
#include "aarch64/frame.h"
#include "aarch64/signal.h"
#include "aarch64/switch.h"
#include "aarch64/syscall.h"
#include "aarch64/tls.h"
#else
#error "mstart runs on x86-64 and AArch64"
#endif

namespace mstart::arch {

// switch.S. Saves the caller with everything that the ABI promises it (FP control excepted: that is the M's) into
// *from, moves to the stack that ends at `sp` and jumps to fn(arg), which must not return. Comes back when somebody
// continues `from`.
void mcall(Context* from, void* sp, void (*fn)(void*), void* arg) asm("mstart_mcall");

// switch.S. Continues a saved Context.
[[noreturn]] void gogo(const Context* to) asm("mstart_gogo");

// asmcgocall.S. fn(arg) on the stack that ends at `sp` (16-byte aligned), and back.
void asmcgocall(void (*fn)(void*), void* arg, void* sp) asm("mstart_asmcgocall");

// gentry.S. Where a new G's Context points: marks the bottom of the stack and calls mstart_gmain.
void gentry() asm("mstart_gentry");

// mstart.S. An M's first instructions: mstart0, mstart1, and mexit for those that come back.
[[noreturn]] void mstart() asm("mstart_mstart");

// clone.S. clone(2) with `tid` as PARENT_SETTID's and CHILD_CLEARTID's word. The child stores the cycle counter to *stamp
// (if not null) before anything else, then calls fn(arg) on `stack_top`; fn must not return. Returns the tid or -errno.
long clone_thread(unsigned long flags, void* stack_top, int* tid, void* tls, void (*fn)(void*), void* arg,
                  uint64_t* stamp) asm("mstart_clone_thread");

// clone.S. exit(2) without touching the stack, which may belong to somebody else as soon as the kernel has cleared the tid
// word.
[[noreturn]] void exit_thread() asm("mstart_exit_thread");

// sigreturn.S. SA_RESTORER's function.
void sigreturn() asm("mstart_sigreturn");

}  // namespace mstart::arch
