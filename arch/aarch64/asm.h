// SPDX-License-Identifier: MIT
// What every .S file of this folder begins and ends with.
#pragma once

// For debuggers and perf, who read it from the file. Programs do not carry it: nothing of ours unwinds.
#ifndef CFI_SECTIONS
#define CFI_SECTIONS .debug_frame
#endif
	.cfi_sections CFI_SECTIONS

#define FUNCTION(name)       \
  .section .text.name, "ax", %progbits; \
  .globl name;               \
  .hidden name;              \
  .type name, %function;     \
  .p2align 4;                \
  name:                      \
  .cfi_startproc

#define END(name) \
  .cfi_endproc;   \
  .size name, . - name

// No executable stack; every indirect target carries its bti. Functions have `bti c`: they are reached by blr, or by br
// through x16 or x17, which is how all jumps of ours go. The places that a Context continues at have `bti j`. Return
// addresses are saved as they are, unsigned: a new stack has none that could be authenticated.
#define FILE_NOTES                                     \
  .section .note.GNU-stack, "", %progbits;             \
  .section .note.gnu.property, "a", %note;             \
  .p2align 3;                                          \
  .long 4, 16, 5;                                      \
  .asciz "GNU";                                        \
  .long 0xc0000000, 4, 1, 0
