// SPDX-License-Identifier: MIT
// SA_RESTORER's function. AArch64 kernels have one in the vDSO, but use this if it is given, and qemu-user, without a vDSO,
// too. gdb, libgcc and perf know a signal frame by these two instructions, and each only where no CFI says otherwise: so
// this has none. It is reached by `ret`, which needs no bti.
#include "asm.h"

#define SYS_rt_sigreturn 139

	.section .text.mstart_sigreturn, "ax", %progbits
	.globl	mstart_sigreturn
	.hidden	mstart_sigreturn
	.type	mstart_sigreturn, %function
	.p2align 4
	nop
mstart_sigreturn:
	mov	x8, #SYS_rt_sigreturn
	svc	#0
	.size	mstart_sigreturn, . - mstart_sigreturn

FILE_NOTES
