// SPDX-License-Identifier: MIT
// What makes a program of this folder one of a process with libc: it is linked with --wrap=main, so libc's start calls this in
// main's place, and main itself is the first G.
#include <mstart/hosted.h>

extern "C" {
int program_main(int argc, char** argv) asm("__real_main");
int libc_main(int argc, char** argv) asm("__wrap_main");
}

int libc_main(int argc, char** argv) {
  return mstart::run([=] { return program_main(argc, argv); });
}
