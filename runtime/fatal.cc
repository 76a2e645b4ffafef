// SPDX-License-Identifier: MIT
// The end of a program that has failed: its text, the state of the Gs, status 2. One thread reports; others that fail
// meanwhile wait for the end. A failure of the report itself ends at once, with status 4 (Go's).
//
// It knows no G: a program without the scheduler has no dump.cc, and only the text is printed.
#include <mstart/go.h>

#include "os/futex.h"
#include "os/sys.h"
#include "runtime/check.h"
#include "runtime/exit.h"
#include "runtime/print.h"

namespace mstart::runtime {

// dump.cc. Not hidden here, so that its address can be null in every kind of program.
[[gnu::weak, gnu::visibility("default")]] void report_state();
// explore.cc.
[[gnu::weak, gnu::visibility("default")]] void fail_run(std::string_view text);

namespace {

constinit std::atomic<int> reporter{0};  // the thread that reports
constinit os::FutexWord end{0};          // nobody wakes it

[[noreturn]] void wait_for_end() {
  for (;;) os::futex_wait(end, 0);
}

}  // namespace

void let_failure_report() {
  if (const int who = reporter.load(std::memory_order_relaxed); who != 0 && who != os::gettid()) wait_for_end();
}

}  // namespace mstart::runtime

namespace mstart::inline v0 {

void fatal(std::string_view message) {
  using namespace runtime;
  if (fail_run != nullptr) fail_run(message);
  const int self = os::gettid();
  int who = 0;
  const bool first = reporter.compare_exchange_strong(who, self, std::memory_order_relaxed);
  if (!first && who != self) wait_for_end();
  const char* text = message.data();
  const os::Iovec line[] = {{"fatal error: ", 13}, {text, message.size()}, {"\n", 1}};
  const Result<size_t> written = os::writev(2, line, 3);
  size_t done = written ? *written : 0;
  for (const os::Iovec& part : line) {  // what a full pipe did not take
    const size_t here = done < part.length ? done : part.length;
    detail::write_all(2, {static_cast<const char*>(part.base) + here, part.length - here});
    done -= here;
  }
  if (!first) os::exit_group(4);
  if (report_state != nullptr) report_state();
  os::exit_group(2);
}

}  // namespace mstart::inline v0

namespace mstart::runtime {

void throw_error(const char* text) { fatal(text); }

}  // namespace mstart::runtime
