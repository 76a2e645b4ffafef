// SPDX-License-Identifier: MIT
// run() in a program without libc: what calls it is the program, which the runtime has started, or has no need of.
#include <mstart/hosted.h>

int mstart::detail::run(const RunOptions&, int (*main)(void*) noexcept, void* arg) { return main(arg); }
