// SPDX-License-Identifier: MIT
// _start: the kernel's stack (argc, argv, envp, auxv) goes to C as one pointer.
#include "asm.h"

FUNCTION(_start)
	.cfi_undefined rip
	endbr64
	xorl	%ebp, %ebp
	movq	%rsp, %rdi
	andq	$-16, %rsp
	call	mstart_start_c
	ud2
END(_start)

FILE_NOTES
