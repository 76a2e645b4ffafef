// SPDX-License-Identifier: MIT
// The smallest program: main prints one line and starts nothing. Measured from outside: bytes.
#include <mstart/mstart.h>

int main() { mstart::print("hello\n"); }
