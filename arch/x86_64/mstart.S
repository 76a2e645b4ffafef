// SPDX-License-Identifier: MIT
// mstart: where every M begins. mstart1 saves this frame as g0's place to continue at; a locked G that ends comes back
// to it, and mexit ends the thread.
#include "asm.h"

// [[noreturn]] void mstart(), with g0 as the current g, on g0's stack.
FUNCTION(mstart_mstart)
	.cfi_undefined rip
	endbr64
	xorl	%ebp, %ebp
	andq	$-16, %rsp
	call	mstart_mstart0
	call	mstart_mstart1
	endbr64
	call	mstart_mexit
	ud2
END(mstart_mstart)

FILE_NOTES
