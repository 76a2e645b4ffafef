// SPDX-License-Identifier: MIT
// MSTART_DEBUG=deadlock=SECONDS: a deadlock of some Gs is told of, once, with their places, and the program goes on. When all are
// asleep, that is said as always.
// cases: locks channels since
// not-thread: since
// env: MSTART_DEBUG=deadlock=1
// stdout: told
#include "observe.h"

using namespace mstart;

namespace {

char buffer[16 * 1024];
size_t size = 0;
int told_by = -1;

// Reads what the watch says until the text is there. Blocks the thread: nobody needs it.
std::string_view read_until(std::string_view text) {
  while (std::string_view(buffer, size).find(text) == std::string_view::npos) {
    const auto n = raw_syscall(SYS_read, told_by, buffer + size, sizeof buffer - size);
    expect(n.ok() && *n > 0, "read");
    size += static_cast<size_t>(*n);
  }
  return {buffer, size};
}

void lock_each_other(std::string_view name) {
  struct Pair {
    Mutex first, second;
    WaitGroup both_hold;
  };
  auto* pair = new Pair;
  pair->both_hold.add(2);
  for (const bool other : {false, true}) {
    go({.name = name}, [=] {
      (other ? pair->second : pair->first).lock();
      pair->both_hold.done();
      pair->both_hold.wait();
      (other ? pair->first : pair->second).lock();
    });
  }
}

void send_to_nobody(std::string_view name) {
  const Chan<int> values;
  go({.name = name}, [=] { values.send(1); });
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  const bool locks = which != "channels";
  set_procs(2);
  int ends[2];
  const int stderr_before = static_cast<int>(*raw_syscall(SYS_dup, 2));
  expect(raw_syscall(SYS_pipe2, ends, 0).ok() && raw_syscall(SYS_dup3, ends[1], 2, 0).ok(), "pipe2");
  told_by = ends[0];
  // The second is told of when the first could have been told of again.
  (locks ? lock_each_other : send_to_nobody)("first");
  read_until(": first\n\tat 0x");
  (locks ? lock_each_other : send_to_nobody)("second");
  const std::string_view said = read_until(": second\n\tat 0x");
  (void)raw_syscall(SYS_dup3, stderr_before, 2, 0);
  print("{}", said);
  expect_equal(count(said, "deadlock: goroutine "), 2, "deadlocks told of");
  if (locks)
    expect(said.find(", which waits for mutex 0x") != std::string_view::npos &&
               said.find("[sync.Mutex.Lock") != std::string_view::npos && count(said, "]: first") == 2,
           "the circle and its Gs");
  else
    expect(said.find(" waits for ever [chan send]: no goroutine that can run holds its channel\n") !=
                   std::string_view::npos &&
               said.find("[chan send") != std::string_view::npos && count(said, "]: first") == 1,
           "the G in the channel");
  if (which == "since") {  // the first has waited from before one look to after the next
    size = 0;
    dump(ends[1]);
    read_until("[sync.Mutex.Lock, ");
    read_until(" s]: first\n");
  }
  print("told\n");
}
