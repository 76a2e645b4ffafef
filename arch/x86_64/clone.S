// SPDX-License-Identifier: MIT
// A thread's first and last instructions.
#include "asm.h"
#include "../probe.h"

#define SYS_clone 56
#define SYS_exit 60

// long clone_thread(flags rdi, stack_top rsi, int* tid rdx, tls rcx, fn r8, arg r9, uint64_t* stamp 8(%rsp))
// clone(flags rdi, stack rsi, parent_tid rdx, child_tid r10, tls r8). The kernel leaves every register but rax, rcx and
// r11 alone, in the child too: r9 carries the stamp's address across. fn and arg wait on the child's stack:
//   stack_top - 8: fn    stack_top - 16: arg    stack_top - 24: mstart_bottom
// The last is for unwinders: debuggers stop every newborn at the two instructions that it shares with its creator, where
// the CFI takes what is at rsp for the return address.
FUNCTION(mstart_clone_thread)
	endbr64
	movq	%r8, -8(%rsi)
	movq	%r9, -16(%rsi)
	leaq	mstart_bottom(%rip), %rax
	movq	%rax, -24(%rsi)
	movq	8(%rsp), %r9
	subq	$24, %rsi
	movq	%rdx, %r10
	movq	%rcx, %r8
	movl	$SYS_clone, %eax
	syscall
	testl	%eax, %eax
	jz	1f
	ret
1:	.cfi_undefined rip
	testq	%r9, %r9
	jz	2f
	rdtsc
	shlq	$32, %rdx
	orq	%rdx, %rax
	movq	%rax, (%r9)
2:	xorl	%ebp, %ebp
	PROBE0(child)
	popq	%rax
	popq	%rdi
	popq	%rax
	call	*%rax
	ud2
END(mstart_clone_thread)

// [[noreturn]] void exit_thread(): no memory is touched.
FUNCTION(mstart_exit_thread)
	.cfi_undefined rip
	endbr64
	xorl	%edi, %edi
	movl	$SYS_exit, %eax
	syscall
	ud2
END(mstart_exit_thread)

FILE_NOTES
