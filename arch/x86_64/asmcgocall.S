// SPDX-License-Identifier: MIT
// A call on another stack. The frame pointer stays on the old one, so unwinders walk from the one to the other. gdb takes a
// caller's frame below its callee's for a corrupt stack, unless the caller is called __morestack.
#include "asm.h"

// void asmcgocall(void (*fn)(void*) rdi, void* arg rsi, void* sp rdx)
FUNCTION(mstart_asmcgocall)
	endbr64
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbp, 0
	movq	%rsp, %rbp
	.cfi_def_cfa_register rbp
	movq	%rdx, %rsp
	movq	%rdi, %rax
	movq	%rsi, %rdi
	.type	__morestack, @function
__morestack:
	call	*%rax
	.size	__morestack, . - __morestack
	movq	%rbp, %rsp
	popq	%rbp
	.cfi_def_cfa rsp, 8
	ret
END(mstart_asmcgocall)

FILE_NOTES
