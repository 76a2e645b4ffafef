// SPDX-License-Identifier: MIT
// mstart: where every M begins. mstart1 saves this frame as g0's place to continue at; a locked G that ends comes back
// to it, and mexit ends the thread.
#include "asm.h"

// [[noreturn]] void mstart(), with g0 as the current g, on g0's stack.
FUNCTION(mstart_mstart)
	.cfi_undefined x30
	bti	c
	mov	x29, #0
	bl	mstart_mstart0
	bl	mstart_mstart1
	bti	j
	bl	mstart_mexit
	udf	#0
END(mstart_mstart)

FILE_NOTES
