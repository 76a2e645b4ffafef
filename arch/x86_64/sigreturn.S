// SPDX-License-Identifier: MIT
// SA_RESTORER's function: x86-64 kernels build no signal frame without one. gdb, libgcc and perf know a signal frame by
// these two instructions, gdb also by the name, and each only where no CFI says otherwise: so this has none.
#include "asm.h"

#define SYS_rt_sigreturn 15

	.section .text.mstart_sigreturn, "ax", @progbits
	.globl	mstart_sigreturn
	.hidden	mstart_sigreturn
	.type	__restore_rt, @function
	.p2align 4
	nop
mstart_sigreturn:
__restore_rt:
	movq	$SYS_rt_sigreturn, %rax
	syscall
	.size	__restore_rt, . - __restore_rt

FILE_NOTES
