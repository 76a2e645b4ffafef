// SPDX-License-Identifier: MIT
// A thread's first and last instructions.
#include "asm.h"
#include "../probe.h"

#define SYS_clone 220
#define SYS_exit 93

// long clone_thread(flags x0, stack_top x1, int* tid x2, tls x3, fn x4, arg x5, uint64_t* stamp x6)
// clone(flags x0, stack x1, parent_tid x2, tls x3, child_tid x4). The kernel leaves every register but x0 alone, in the
// child too: fn (moved to x7), arg and stamp wait in theirs, and the child's stack stays empty. The return address waits in
// x9, and x30 says mstart_bottom meanwhile: debuggers stop every newborn at the instruction that it shares with its creator.
FUNCTION(mstart_clone_thread)
	bti	c
	mov	x7, x4
	mov	x4, x2
	mov	x9, x30
	.cfi_register x30, x9
	adrp	x30, mstart_bottom
	add	x30, x30, :lo12:mstart_bottom
	.cfi_remember_state
	.cfi_same_value x30
	mov	x8, #SYS_clone
	svc	#0
	cbz	x0, 1f
	.cfi_restore_state
	mov	x30, x9
	.cfi_restore x30
	ret
1:	.cfi_undefined x30
	cbz	x6, 2f
	mrs	x9, cntvct_el0
	str	x9, [x6]
2:	mov	x29, #0
	mov	x30, #0
	PROBE0(child)
	mov	x0, x5
	blr	x7
	udf	#0
END(mstart_clone_thread)

// [[noreturn]] void exit_thread(): no memory is touched.
FUNCTION(mstart_exit_thread)
	.cfi_undefined x30
	bti	c
	mov	x0, #0
	mov	x8, #SYS_exit
	svc	#0
	udf	#0
END(mstart_exit_thread)

FILE_NOTES
