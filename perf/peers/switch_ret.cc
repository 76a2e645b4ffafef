// SPDX-License-Identifier: MIT
// The classic switch: push the callee-saved registers, change the stack pointer, pop them, ret. One
// operation: one call of swap() in one direction (a round trip is two), everything in cache. Its
// ret goes to where the other side called from, which the processor's return predictor cannot know.
// FP control words are left alone.
#include "bench.h"

extern "C" void swap(void** save_sp, void* load_sp);
#if defined(__x86_64__)
static constexpr int kReturn = 6;  // which word of a frame is the return address
__asm__(R"(
  .globl swap
  .type swap, @function
swap:
  push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp
  ret
  .size swap, . - swap
)");
#elif defined(__aarch64__)
static constexpr int kReturn = 11;
__asm__(R"(
  .globl swap
  .type swap, @function
swap:
  sub sp, sp, #160
  stp x19, x20, [sp]; stp x21, x22, [sp, #16]; stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]; stp x27, x28, [sp, #64]; stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]; stp d10, d11, [sp, #112]; stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp]; ldp x21, x22, [sp, #16]; ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]; ldp x27, x28, [sp, #64]; ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]; ldp d10, d11, [sp, #112]; ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
  .size swap, . - swap
)");
#endif

static void *here, *there;

static void echo() {
  for (;;) swap(&there, here);
}

int main(int argc, char** argv) {
  parse_options(argc, argv, 20000000, 20000);
  const long n = options.n / 2;
  alignas(16) static void* stack[8 << 10];
  void** frame = stack + (8 << 10) - 32;
  frame[kReturn] = reinterpret_cast<void*>(echo);
  there = frame;
  for (long i = 0; i < n / 10; ++i) swap(&here, there);
  const uint64_t t0 = now_ns();
  for (long i = 0; i < n; ++i) swap(&here, there);
  print_per_op("switch", "ret", 2 * n, now_ns() - t0);
}
