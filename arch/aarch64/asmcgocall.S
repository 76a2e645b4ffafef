// SPDX-License-Identifier: MIT
// A call on another stack. The frame pointer stays on the old one, so unwinders walk from the one to the other. gdb takes a
// caller's frame below its callee's for a corrupt stack, unless the caller is called __morestack.
#include "asm.h"

// void asmcgocall(void (*fn)(void*) x0, void* arg x1, void* sp x2)
// The caller's stack while it waits, growing down:  x30 | x29  <- x29, which fn preserves
FUNCTION(mstart_asmcgocall)
	bti	c
	stp	x29, x30, [sp, #-16]!
	.cfi_adjust_cfa_offset 16
	.cfi_rel_offset x29, 0
	.cfi_rel_offset x30, 8
	mov	x29, sp
	.cfi_def_cfa_register x29
	mov	sp, x2
	mov	x16, x0
	mov	x0, x1
	.type	__morestack, %function
__morestack:
	blr	x16
	.size	__morestack, . - __morestack
	mov	sp, x29
	ldp	x29, x30, [sp], #16
	.cfi_def_cfa sp, 0
	.cfi_restore x29
	.cfi_restore x30
	ret
END(mstart_asmcgocall)

FILE_NOTES
