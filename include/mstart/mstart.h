// SPDX-License-Identifier: MIT
// All of mstart.
#pragma once

#include <mstart/chan.h>
#include <mstart/context.h>
#include <mstart/debug.h>
#include <mstart/file.h>
#include <mstart/go.h>
#include <mstart/hosted.h>
#include <mstart/local.h>
#include <mstart/print.h>
#include <mstart/process.h>
#include <mstart/result.h>
#include <mstart/select.h>
#include <mstart/sync.h>
#include <mstart/test.h>
#include <mstart/time.h>
#include <mstart/version.h>
