// SPDX-License-Identifier: MIT
// arch_test.cc's hands: calls with every callee-saved register poisoned, and code that leaves no register as it was.
#include "arch/aarch64/asm.h"

#define PAIRS(do) \
  do(x19, x20, 16); do(x21, x22, 32); do(x23, x24, 48); do(x25, x26, 64); do(x27, x28, 80); \
  do(d8, d9, 96); do(d10, d11, 112); do(d12, d13, 128); do(d14, d15, 144)
#define SAVE(a, b, at) stp a, b, [sp, at]; .cfi_rel_offset a, at; .cfi_rel_offset b, at + 8
#define LOAD(a, b, at) ldp a, b, [sp, at]

	.macro	poison n  // to x9
	mov	x9, 0x5555555555555555
	add	x9, x9, \n
	.endm
	.macro	check register, n
	poison	\n
	cmp	x9, \register
	cset	x10, ne
	orr	x0, x0, x10, lsl \n
	.endm

// uint64_t poisoned_call(void* fn x0, a x1, b x2, c x3, d x4)
// Calls fn(a, b, c, d) and returns a bit for each register that has changed: 8-15: d8-d15; 19-29: x19-x29; 63: sp.
FUNCTION(poisoned_call)
	bti	c
	stp	x29, x30, [sp, -160]!
	.cfi_def_cfa_offset 160
	.cfi_rel_offset x29, 0; .cfi_rel_offset x30, 8
	PAIRS(SAVE)
	mov	x9, sp
	adrp	x10, poisoned_call_sp
	str	x9, [x10, :lo12:poisoned_call_sp]
	mov	x16, x0
	mov	x0, x1
	mov	x1, x2
	mov	x2, x3
	mov	x3, x4
	.irp	n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
	poison	\n; mov x\n, x9
	.endr
	.irp	n, 8, 9, 10, 11, 12, 13, 14, 15
	poison	\n; fmov d\n, x9
	.endr
	blr	x16
	mov	x0, 0
	.irp	n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
	check	x\n, \n
	.endr
	.irp	n, 8, 9, 10, 11, 12, 13, 14, 15
	fmov	x11, d\n; check x11, \n
	.endr
	adrp	x10, poisoned_call_sp
	ldr	x9, [x10, :lo12:poisoned_call_sp]
	cmp	sp, x9
	cset	x10, ne
	orr	x0, x0, x10, lsl 63
	mov	sp, x9
	PAIRS(LOAD)
	ldp	x29, x30, [sp], 160
	.cfi_def_cfa_offset 0
	ret
END(poisoned_call)
	.local	poisoned_call_sp
	.comm	poisoned_call_sp, 8, 8

// [[noreturn]] void trash_and_gogo(void* context x0)
FUNCTION(trash_and_gogo)
	.cfi_undefined x30
	bti	c
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	mov	x\n, -0x1111
	.endr
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	movi	v\n\().16b, 0xee
	.endr
	b	mstart_gogo
END(trash_and_gogo)

// long traced_syscall(long number x0, a x1, b x2, c x3). Where it was when a signal came: traced_pc, traced_sp.
FUNCTION(traced_syscall)
	bti	c
	mov	x9, sp
	adrp	x10, traced_sp
	str	x9, [x10, :lo12:traced_sp]
	mov	x8, x0
	mov	x0, x1
	mov	x1, x2
	mov	x2, x3
	svc	0
	.globl	traced_pc
	.hidden	traced_pc
traced_pc:
	ret
END(traced_syscall)
	.hidden	traced_sp
	.comm	traced_sp, 8, 8

FILE_NOTES
