// SPDX-License-Identifier: MIT
// What every .S file of this folder begins and ends with.
#pragma once

// For debuggers and perf, who read it from the file. Programs do not carry it: nothing of ours unwinds.
#ifndef CFI_SECTIONS
#define CFI_SECTIONS .debug_frame
#endif
	.cfi_sections CFI_SECTIONS

#define FUNCTION(name)       \
  .section .text.name, "ax", @progbits; \
  .globl name;               \
  .hidden name;              \
  .type name, @function;     \
  .p2align 4;                \
  name:                      \
  .cfi_startproc

#define END(name) \
  .cfi_endproc;   \
  .size name, . - name

// No executable stack; every indirect target carries endbr64 (IBT), and no shadow stack is switched (no SHSTK).
#define FILE_NOTES                                     \
  .section .note.GNU-stack, "", @progbits;             \
  .section .note.gnu.property, "a", @note;             \
  .p2align 3;                                          \
  .long 4, 16, 5;                                      \
  .asciz "GNU";                                        \
  .long 0xc0000002, 4, 1, 0
