// SPDX-License-Identifier: MIT
// What the programs of this folder check with. The first thing that is not so ends the program with status 1.
#pragma once

#include <mstart/mstart.h>
#include <sys/syscall.h>

inline void expect(bool holds, std::string_view what) {
  if (holds) [[likely]]
    return;
  mstart::eprint("not so: {}\n", what);
  mstart::exit_process(1);
}

inline void expect_equal(int64_t got, int64_t wanted, std::string_view what) {
  if (got == wanted) [[likely]]
    return;
  mstart::eprint("{}: {}, and not {}\n", what, got, wanted);
  mstart::exit_process(1);
}

// The program cannot run here.
[[noreturn]] inline void skip(std::string_view reason) {
  mstart::eprint("{}\n", reason);
  mstart::exit_process(77);
}

// The runner says so where another processor is imitated: everything takes ten times as long there, or more.
inline bool emulated() { return mstart::env("EMULATED") != nullptr; }
inline int rounds(int natively) { return emulated() ? natively / 10 : natively; }

// Which variant is to run: the last argument.
inline std::string_view which_case(int argc, char** argv) { return argc > 1 ? argv[argc - 1] : ""; }

inline int thread_id() { return static_cast<int>(*mstart::raw_syscall(SYS_gettid)); }
inline int process_id() { return static_cast<int>(*mstart::raw_syscall(SYS_getpid)); }

// Until it is so, which others bring about: lets the other Gs run, and the other threads.
template <class F>
void wait_until(F&& is_so) {
  while (!is_so()) {
    mstart::yield();
    (void)mstart::raw_syscall(SYS_sched_yield);
  }
}

// Opened once, by one G; the others wait for it.
class Gate {
 public:
  Gate() { group_.add(1); }
  void open() { group_.done(); }
  void wait() { group_.wait(); }

 private:
  mstart::WaitGroup group_;
};

// Parks the caller until the process ends.
[[noreturn]] inline void wait_for_ever() {
  for (;;) Gate().wait();
}
