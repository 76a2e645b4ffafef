// SPDX-License-Identifier: MIT
// Compiled once, before the tests of this folder, each of which includes what it needs.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>
