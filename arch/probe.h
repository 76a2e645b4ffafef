// SPDX-License-Identifier: MIT
// USDT probes without systemtap's headers: an ELF note (.note.stapsdt, type 3) names the address of a nop, where the
// arguments are, and a 16-bit semaphore that a tracer raises while it listens. Off, a probe costs one load and one
// predicted branch. From C++: MSTART_PROBE1(newproc, g) (a macro, as the note wants literals). From .S: PROBE0(child). perf,
// bpftrace and gdb read these notes; `readelf -n` shows them.
#pragma once

#ifdef __ASSEMBLER__

#if defined(__x86_64__)
#define PROBE_SKIP_IF_OFF(name, label) cmpw $0, mstart_probe_##name(%rip); je label
#else
#define PROBE_SKIP_IF_OFF(name, label)  \
  adrp x16, mstart_probe_##name;        \
  ldrh w16, [x16, :lo12:mstart_probe_##name]; \
  cbz w16, label
#endif

#define PROBE0(name)                                                            \
  PROBE_SKIP_IF_OFF(name, 995f);                                                \
  990: nop;                                                                     \
  .pushsection .note.stapsdt, "", "note";                                       \
  .balign 4;                                                                    \
  .4byte 992f - 991f, 994f - 993f, 3;                                           \
  991: .asciz "stapsdt";                                                        \
  992: .balign 4;                                                               \
  993: .8byte 990b, _.stapsdt.base, mstart_probe_##name;                        \
  .asciz "mstart";                                                              \
  .asciz #name;                                                                 \
  .asciz "";                                                                    \
  994: .balign 4;                                                               \
  .popsection;                                                                  \
  .pushsection .stapsdt.base, "aG", "progbits", .stapsdt.base, comdat;          \
  .weak _.stapsdt.base;                                                         \
  .hidden _.stapsdt.base;                                                       \
  _.stapsdt.base: .space 1;                                                     \
  .size _.stapsdt.base, 1;                                                      \
  .popsection;                                                                  \
  .pushsection .probes, "awG", "progbits", mstart_probe_##name, comdat;         \
  .weak mstart_probe_##name;                                                    \
  .hidden mstart_probe_##name;                                                  \
  .balign 2;                                                                    \
  mstart_probe_##name: .2byte 0;                                                \
  .size mstart_probe_##name, 2;                                                 \
  .popsection;                                                                  \
  995:

#else

#include <cstdint>

namespace mstart::arch {

// The semaphores of the probes in C++, each defined (weakly) by every object that has its probe. At namespace scope: what a
// function of an unnamed namespace declares would be of that namespace, with internal linkage and no definition.
#define SEMAPHORE(name) [[gnu::visibility("hidden")]] extern volatile uint16_t probe_##name asm("mstart_probe_" #name)
SEMAPHORE(acquirep);
SEMAPHORE(allocm);
SEMAPHORE(clone__entered);
SEMAPHORE(clone__returned);
SEMAPHORE(execute);
SEMAPHORE(goexit);
SEMAPHORE(minit);
SEMAPHORE(mstart);
SEMAPHORE(newproc);
SEMAPHORE(park);
SEMAPHORE(ready);
SEMAPHORE(schedule);
SEMAPHORE(startm);
SEMAPHORE(wakep);
#undef SEMAPHORE

}  // namespace mstart::arch

// One note. `arguments` is the note's description of them: "size@operand", with a minus before the size of signed ones.
#define MSTART_PROBE_(name, arguments, ...)                                                \
  do {                                                                                     \
    if (__builtin_expect(mstart::arch::probe_##name != 0, false))                            \
      asm volatile(                                                                        \
          "990:\tnop\n"                                                                    \
          "\t.pushsection .note.stapsdt, \"\", \"note\"\n"                                 \
          "\t.balign 4\n"                                                                  \
          "\t.4byte 992f - 991f, 994f - 993f, 3\n"                                         \
          "991:\t.asciz \"stapsdt\"\n"                                                     \
          "992:\t.balign 4\n"                                                              \
          "993:\t.8byte 990b, _.stapsdt.base, mstart_probe_" #name "\n"                    \
          "\t.asciz \"mstart\"\n"                                                          \
          "\t.asciz \"" #name "\"\n"                                                       \
          "\t.asciz \"" arguments "\"\n"                                                   \
          "994:\t.balign 4\n"                                                              \
          "\t.popsection\n"                                                                \
          "\t.ifndef _.stapsdt.base\n"                                                     \
          "\t.pushsection .stapsdt.base, \"aG\", \"progbits\", .stapsdt.base, comdat\n"    \
          "\t.weak _.stapsdt.base\n"                                                       \
          "\t.hidden _.stapsdt.base\n"                                                     \
          "_.stapsdt.base:\t.space 1\n"                                                    \
          "\t.size _.stapsdt.base, 1\n"                                                    \
          "\t.popsection\n"                                                                \
          "\t.endif\n"                                                                     \
          "\t.ifndef mstart_probe_" #name "\n"                                             \
          "\t.pushsection .probes, \"awG\", \"progbits\", mstart_probe_" #name ", comdat\n" \
          "\t.weak mstart_probe_" #name "\n"                                               \
          "\t.hidden mstart_probe_" #name "\n"                                             \
          "\t.balign 2\n"                                                                  \
          "mstart_probe_" #name ":\t.2byte 0\n"                                            \
          "\t.size mstart_probe_" #name ", 2\n"                                            \
          "\t.popsection\n"                                                                \
          "\t.endif\n" ::__VA_ARGS__);                                                     \
  } while (false)

// Probes of the provider `mstart` with one or two pointer-sized arguments.
#define MSTART_PROBE1(name, a) MSTART_PROBE_(name, "8@%[a1]", [a1] "nr"(a))
#define MSTART_PROBE2(name, a, b) MSTART_PROBE_(name, "8@%[a1] 8@%[a2]", [a1] "nr"(a), [a2] "nr"(b))

#endif
