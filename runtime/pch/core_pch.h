// SPDX-License-Identifier: MIT
// Compiled once, before the core's files, each of which includes what it needs.
#include "runtime/sched.h"
