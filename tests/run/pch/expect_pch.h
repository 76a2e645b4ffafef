// SPDX-License-Identifier: MIT
// Compiled once, before the programs of this folder, each of which includes what it needs.
#include "../expect.h"
