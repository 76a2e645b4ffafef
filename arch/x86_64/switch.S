// SPDX-License-Identifier: MIT
// The switch that keeps the whole ABI (FP control excepted: it belongs to the M).
#include "asm.h"
#include "frame.h"

// void mcall(Context* from rdi, void* sp rsi, void (*fn)(void*) rdx, void* arg rcx)
// The caller's stack while it waits, growing down:  return address | rbp | rbx | r12 | r13 | r14 | r15  <- from->sp
FUNCTION(mstart_mcall)
	endbr64
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbp, 0
	movq	%rsp, %rbp
	.cfi_def_cfa_register rbp
	pushq	%rbx
	.cfi_offset rbx, -24
	pushq	%r12
	.cfi_offset r12, -32
	pushq	%r13
	.cfi_offset r13, -40
	pushq	%r14
	.cfi_offset r14, -48
	pushq	%r15
	.cfi_offset r15, -56
	leaq	1f(%rip), %rax
	movq	%rsp, CONTEXT_SP(%rdi)
	movq	%rax, CONTEXT_PC(%rdi)
	movq	%rbp, CONTEXT_FP(%rdi)
	.cfi_remember_state
	.cfi_undefined rip
	movq	%rsi, %rsp
	leaq	mstart_bottom(%rip), %rax
	movq	%rcx, %rdi
	xorl	%ebp, %ebp
	pushq	%rax
	jmp	*%rdx
	.cfi_restore_state
1:	endbr64
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	.cfi_def_cfa rsp, 8
	ret
END(mstart_mcall)

// [[noreturn]] void gogo(const Context* to rdi)
FUNCTION(mstart_gogo)
	endbr64
	.cfi_undefined rip
	movq	CONTEXT_SP(%rdi), %rsp
	movq	CONTEXT_FP(%rdi), %rbp
	jmp	*CONTEXT_PC(%rdi)
END(mstart_gogo)

// The return address of whatever mcall and switch_live jump to: the bottom of a scheduler stack, for unwinders. To come
// back here is a bug. The nop keeps the label inside its own CFI: unwinders look up the return address minus one.
FUNCTION(mstart_bottom_of_stack)
	.cfi_undefined rip
	nop
	.globl	mstart_bottom
	.hidden	mstart_bottom
mstart_bottom:
	ud2
END(mstart_bottom_of_stack)

FILE_NOTES
