// SPDX-License-Identifier: MIT
// The switch that keeps the whole ABI (FPCR excepted: it belongs to the M).
#include "asm.h"
#include "frame.h"

// Where callee-saved pairs are in mcall's frame: x29 and x30 at 0.
#define EACH_PAIR(do)                                                           \
  do(x19, x20, 16); do(x21, x22, 32); do(x23, x24, 48); do(x25, x26, 64); do(x27, x28, 80); \
  do(d8, d9, 96); do(d10, d11, 112); do(d12, d13, 128); do(d14, d15, 144)
#define SAVE(a, b, at) stp a, b, [sp, at]; .cfi_rel_offset a, at; .cfi_rel_offset b, at + 8
#define LOAD(a, b, at) ldp a, b, [sp, at]

// void mcall(Context* from x0, void* sp x1, void (*fn)(void*) x2, void* arg x3)
// The caller's stack while it waits, growing down:  d15 d14 .. d8 | x28 x27 .. x19 | x30 | x29  <- from->sp and x29
FUNCTION(mstart_mcall)
	bti	c
	stp	x29, x30, [sp, #-160]!
	.cfi_def_cfa_offset 160
	.cfi_rel_offset x29, 0
	.cfi_rel_offset x30, 8
	EACH_PAIR(SAVE)
	mov	x29, sp
	.cfi_def_cfa_register x29
	adr	x10, 1f
	stp	x29, x10, [x0, #CONTEXT_SP]
	str	x29, [x0, #CONTEXT_FP]
	.cfi_remember_state
	.cfi_undefined x30
	mov	sp, x1
	adrp	x30, mstart_bottom
	add	x30, x30, :lo12:mstart_bottom
	mov	x16, x2
	mov	x0, x3
	mov	x29, #0
	br	x16
	.cfi_restore_state
1:	bti	j
	EACH_PAIR(LOAD)
	ldp	x29, x30, [sp], #160
	.cfi_def_cfa sp, 0
	.cfi_restore x29
	.cfi_restore x30
	ret
END(mstart_mcall)

// [[noreturn]] void gogo(const Context* to x0)
FUNCTION(mstart_gogo)
	bti	c
	.cfi_undefined x30
	ldp	x9, x16, [x0, #CONTEXT_SP]
	ldr	x29, [x0, #CONTEXT_FP]
	mov	sp, x9
	br	x16
END(mstart_gogo)

// The return address of whatever mcall and switch_live jump to: the bottom of a scheduler stack, for unwinders. To come
// back here is a bug. The nop keeps the label inside its own CFI: unwinders look up the return address minus one.
FUNCTION(mstart_bottom_of_stack)
	.cfi_undefined x30
	nop
	.globl	mstart_bottom
	.hidden	mstart_bottom
mstart_bottom:
	udf	#0
END(mstart_bottom_of_stack)

FILE_NOTES
