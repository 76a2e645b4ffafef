// SPDX-License-Identifier: MIT
// The end of a program that has failed: its text, the state of the Gs, status 2. One thread reports; others that fail
// meanwhile wait for the end. A failure of the report itself ends at once, with status 4 (Go's).
//
// It knows no G: a program without the scheduler has no dump.cc, and only the text is printed.
#include <mstart/go.h>

#include "os/futex.h"
#include "os/sys.h"
#include "runtime/check.h"

namespace mstart::runtime {

// dump.cc. Not hidden here, so that its address can be null in every kind of program.
[[gnu::weak, gnu::visibility("default")]] void report_state();
// explore.cc.
[[gnu::weak, gnu::visibility("default")]] void fail_run(std::string_view text);

namespace {

constinit std::atomic<int> reporter{0};  // the thread that reports
constinit os::FutexWord end{0};          // nobody wakes it

}  // namespace
}  // namespace mstart::runtime

namespace mstart::inline v0 {

void fatal(std::string_view message) {
  using namespace runtime;
  if (fail_run != nullptr) fail_run(message);
  const int self = os::gettid();
  int who = 0;
  const bool first = reporter.compare_exchange_strong(who, self, std::memory_order_relaxed);
  if (!first && who != self) {
    for (;;) os::futex_wait(end, 0);
  }
  const char* text = message.data();
  const os::Iovec line[] = {{"fatal error: ", 13}, {text, message.size()}, {"\n", 1}};
  (void)os::writev(2, line, 3);
  if (!first) os::exit_group(4);
  if (report_state != nullptr) report_state();
  os::exit_group(2);
}

}  // namespace mstart::inline v0

namespace mstart::runtime {

void throw_error(const char* text) { fatal(text); }

}  // namespace mstart::runtime
