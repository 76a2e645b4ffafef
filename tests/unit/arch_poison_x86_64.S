// SPDX-License-Identifier: MIT
// arch_test.cc's hands: calls with every callee-saved register poisoned, and code that leaves no register as it was.
#include "arch/x86_64/asm.h"

#define POISON(n) $(0x5a5a5a5a5a5a0000 + n)
#define SET(register, n) movabsq POISON(n), register
#define CHECK(register, n) movabsq POISON(n), %rcx; cmpq %rcx, register; je 1f; orq $(1 << n), %rax; 1:
#define EACH(do) do(%rbx, 0); do(%rbp, 1); do(%r12, 2); do(%r13, 3); do(%r14, 4); do(%r15, 5)

// uint64_t poisoned_call(void* fn rdi, a rsi, b rdx, c rcx, d r8)
// Calls fn(a, b, c, d) and returns a bit for each register that has changed; bit 63: the stack pointer has.
FUNCTION(poisoned_call)
	endbr64
	.set	place, -16
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	subq	$8, %rsp
	.cfi_def_cfa_offset 64
	.irp	register, rbx, rbp, r12, r13, r14, r15
	.cfi_offset \register, place
	.set	place, place - 8
	.endr
	movq	%rsp, poisoned_call_sp(%rip)
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %rcx
	EACH(SET)
	call	*%rax
	xorl	%eax, %eax
	EACH(CHECK)
	cmpq	%rsp, poisoned_call_sp(%rip)
	je	2f
	btsq	$63, %rax
	movq	poisoned_call_sp(%rip), %rsp
2:	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	.cfi_def_cfa_offset 8
	ret
END(poisoned_call)
	.local	poisoned_call_sp
	.comm	poisoned_call_sp, 8, 8

// [[noreturn]] void trash_and_gogo(void* context rdi)
FUNCTION(trash_and_gogo)
	.cfi_undefined rip
	endbr64
	.irp	register, rax, rbx, rcx, rdx, rsi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	movq	$-0x1111111, %\register
	.endr
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	pcmpeqd	%xmm\n, %xmm\n
	.endr
	jmp	mstart_gogo
END(trash_and_gogo)

// long traced_syscall(long number rdi, a rsi, b rdx, c rcx). Where it was when a signal came: traced_pc, traced_sp.
FUNCTION(traced_syscall)
	endbr64
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%rsp, traced_sp(%rip)
	syscall
	.globl	traced_pc
	.hidden	traced_pc
traced_pc:
	ret
END(traced_syscall)
	.hidden	traced_sp
	.comm	traced_sp, 8, 8

FILE_NOTES
