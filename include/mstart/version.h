// SPDX-License-Identifier: MIT
// The version, semantic: the major number changes when a program may have to be changed (while it is 0: the minor one),
// the minor one when something is added. All names are in an inline namespace of the major version, so objects built
// against two of them do not link by accident.
#pragma once

#define MSTART_VERSION_MAJOR 0
#define MSTART_VERSION_MINOR 1
#define MSTART_VERSION_PATCH 0
#define MSTART_VERSION (MSTART_VERSION_MAJOR * 10000 + MSTART_VERSION_MINOR * 100 + MSTART_VERSION_PATCH)
