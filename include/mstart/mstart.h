// SPDX-License-Identifier: MIT
// All of mstart. What holds everywhere, if nothing else is said:
//
//   - Calls need a G, outside a NoPreempt scope, else they are fatal. [any]: on any thread, also before the start.
//   - A handle (Chan, Context, Timer, Ticker) is a counted reference: copies share one object, == asks whether it is the same
//     one, an empty one is false. Handles may be copied and dropped on any thread; the last one frees.
//   - An object (Mutex, CondVar, WaitGroup, Scope, ...) is neither copied nor moved, and may be destroyed as soon as the call
//     that waited on it has returned.
//   - What the kernel refuses is a Result. Misuse and no memory are fatal: "fatal error: ...", the state of all Gs, status 2.
//   - Exceptions (hosted) stay within a G: one that leaves a function given to the runtime is std::terminate.
//   - Static objects are constructed on main's G. Hosted: before run(), so they may be handles and objects, but no Timer,
//     Ticker or Context with a deadline, which need a G. No destructor runs on a stack that is dropped: by goexit(), or, of
//     all other Gs, when main returns; freestanding, static ones do not run either.
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
