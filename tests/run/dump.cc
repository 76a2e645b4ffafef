// SPDX-License-Identifier: MIT
// dump() shows every G with its name, state and wait reason, every M and every P, in a process that goes on.
// no-stderr
#include "observe.h"

using namespace mstart;

namespace {

char buffer[64 * 1024];

// The paragraph of the G of that name, empty if there is none.
std::string_view paragraph(std::string_view text, std::string_view name) {
  const size_t at = text.find(name);
  if (at == std::string_view::npos) return {};
  const size_t begin = text.rfind("goroutine ", at);
  const size_t end = text.find("\ngoroutine ", at);
  return text.substr(begin, end == std::string_view::npos ? end : end - begin);
}

}  // namespace

int main() {
  set_procs(2);
  Gate gate;
  std::atomic<bool> spinning{false}, stop{false};
  Scope scope;
  Task<void> joined = spawn({.name = "joined"}, [&] { gate.wait(); });
  scope.go({.name = "joiner"}, [&] { joined.join(); });
  scope.go({.name = "locked"}, [&] {
    lock_thread();
    gate.wait();
  });
  scope.go({.name = "a name of more than fifteen"}, [&] { gate.wait(); });
  for (int i = 0; i < 1000; ++i) yield();
  scope.go({.name = "spinner"}, [&] {
    for (spinning = true; !stop;) (void)raw_syscall(SYS_sched_yield);
  });
  while (!spinning) (void)raw_syscall(SYS_sched_yield);
  scope.go({.name = "not run yet"}, [] {});
  Captured captured(2);
  dump(2);
  const std::string_view text = captured.text(buffer);
  print("{}", text);
  for (const std::string_view part : {"goroutine 1 [running]", "M0: ", "P0: ", "P1: "})
    expect(text.find(part) != std::string_view::npos, part);
  expect(paragraph(text, "joined").find("[waitgroup") != std::string_view::npos, "joined waits");
  expect(paragraph(text, "joiner").find("[join") != std::string_view::npos, "joiner joins");
  expect(paragraph(text, "locked\n").find("locked to thread") != std::string_view::npos, "locked is locked");
  expect(paragraph(text, "a name of more ").find("fifteen") == std::string_view::npos, "names are cut");
  expect(paragraph(text, "spinner").find("[running") != std::string_view::npos, "spinner runs");
  expect(paragraph(text, "not run yet").find("[runnable") != std::string_view::npos, "one has not run yet");
  stop = true;
  gate.open();
  scope.wait();
}
