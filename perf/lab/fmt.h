// SPDX-License-Identifier: MIT
// {fmt}, header-only: no library to link.
#pragma once

#ifndef FMT_HEADER_ONLY
#define FMT_HEADER_ONLY
#endif
#include <fmt/format.h>
