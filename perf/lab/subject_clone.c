// SPDX-License-Identifier: MIT
// The floor under a thread's birth: one system call, and nothing prepared per thread but a stack and a TLS block. Three
// subjects: clone(2); clone3(2); and clone with one system call in the child before its stamp, which is the least that a
// thread needs that shall handle signals on a stack of their own.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "subject.h"

enum variant { kClone, kClone3, kCloneAltstack };
enum { kStackBytes = 64 << 10, kTlsBytes = 4096, kSlotBytes = kStackBytes + kTlsBytes };

static const uint64_t kFlags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                               CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

// A thread of the burst. The kernel's word must outlive the stack, which may be unmapped.
struct slot {
  char* memory;  // the stack, and the TLS block above it
  struct lab* lab;
  struct lab_birth* birth;
  int tid;
};
static struct slot* slots;

static char* map_slot(void) {
  return mmap(NULL, kSlotBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
}

static void child(struct slot* slot) {
  static char signal_stack[32 << 10];  // nothing is ever run on it
  if (slot->lab->variant == kCloneAltstack) {
    const stack_t alternate = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    lab_call(SYS_sigaltstack, (long)&alternate, 0, 0, 0, 0, 0);
  }
  lab_born(slot->lab, slot->birth, lab_ticks());
}

// The system call, whose child goes on at child(slot), on the stack below top, and then exits. `top[-1]` and `top[-2]` are
// the argument and the function.
static long make_thread(long number, long a, long b, long c, long d, long e) {
  long result;
#if defined(__x86_64__)
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  __asm__ volatile(
      "syscall\n\t"
      "testl %%eax, %%eax\n\t"
      "jnz 1f\n\t"
      "xorl %%ebp, %%ebp\n\t"
      "popq %%rax\n\t"
      "popq %%rdi\n\t"
      "call *%%rax\n\t"
      "movl %[exit], %%eax\n\t"
      "xorl %%edi, %%edi\n\t"
      "syscall\n\t"
      "ud2\n"
      "1:"
      : "=a"(result)
      : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), [exit] "i"(SYS_exit)
      : "rcx", "r11", "memory");
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  __asm__ volatile(
      "svc 0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "ldp x9, x0, [sp], #16\n\t"
      "blr x9\n\t"
      "mov x8, %[exit]\n\t"
      "mov x0, xzr\n\t"
      "svc 0\n"
      "1:"
      : "+r"(x0)
      : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), [exit] "i"(SYS_exit)
      : "memory");
  result = x0;
#endif
  return result;
}

static const char* create(struct lab* lab, struct lab_birth* birth) {
  struct slot* slot = slots + (birth - lab_births(lab)) % lab->burst;
  if (lab->stack == kStackFresh) slot->memory = map_slot();
  if (slot->memory == MAP_FAILED) return "no memory for a stack";
  slot->lab = lab, slot->birth = birth, slot->tid = -1;
  char* tls = slot->memory + kStackBytes;
  *(char**)tls = tls;  // the ABI's self pointer
  void** entry = (void**)tls - 2;
  entry[0] = (void*)child, entry[1] = slot;
  long result;
  if (lab->variant == kClone3) {
    const struct clone_args args = {.flags = kFlags,
                                    .child_tid = (uint64_t)&slot->tid,
                                    .parent_tid = (uint64_t)&slot->tid,
                                    .stack = (uint64_t)slot->memory,
                                    .stack_size = (uint64_t)((char*)entry - slot->memory),
                                    .tls = (uint64_t)tls};
    result = make_thread(SYS_clone3, (long)&args, sizeof args, 0, 0, 0);
  } else {
#if defined(__x86_64__)  // the last two are in the other order elsewhere
    result = make_thread(SYS_clone, (long)kFlags, (long)entry, (long)&slot->tid, (long)&slot->tid, (long)tls);
#else
    result = make_thread(SYS_clone, (long)kFlags, (long)entry, (long)&slot->tid, (long)tls, (long)&slot->tid);
#endif
  }
  return result < 0 ? "the kernel refuses a thread" : NULL;
}

static void join(struct lab* lab, struct lab_birth* birth) {
  struct slot* slot = slots + (birth - lab_births(lab)) % lab->burst;
  lab_wait_gone(&slot->tid);
  if (lab->stack == kStackFresh) munmap(slot->memory, kSlotBytes);
}

static const char* prepare(struct lab* lab) {
  slots = calloc(lab->burst, sizeof *slots);
  for (uint32_t i = 0; i < lab->burst && lab->stack != kStackFresh; ++i) {
    if ((slots[i].memory = map_slot()) == MAP_FAILED) return "no memory for stacks";
  }
  return NULL;
}

int main(int argc, char** argv) {
  static const struct lab_subject subject = {prepare, create, join, NULL};
  return lab_main(argc, argv, &subject);
}
