// SPDX-License-Identifier: MIT
// A G's first instructions. gogo arrives here on an empty stack, 16-byte aligned.
#include "asm.h"

// void gentry(): [[noreturn]] mstart_gmain() runs the G's function and ends the G.
FUNCTION(mstart_gentry)
	.cfi_undefined rip
	endbr64
	xorl	%ebp, %ebp
	call	mstart_gmain
	ud2
END(mstart_gentry)

FILE_NOTES
