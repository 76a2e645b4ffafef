// SPDX-License-Identifier: MIT
// _start: the kernel's stack (argc, argv, envp, auxv) goes to C as one pointer. The kernel has aligned it.
#include "asm.h"

FUNCTION(_start)
	.cfi_undefined x30
	bti	c
	mov	x29, #0
	mov	x30, #0
	mov	x0, sp
	bl	mstart_start_c
	udf	#0
END(_start)

FILE_NOTES
