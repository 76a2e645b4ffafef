// SPDX-License-Identifier: MIT
// run() gives the thread back as it found it: signal mask, alternate stack, handlers, timer slack, the exception that is being
// handled. What
// somebody has set up before stays in force meanwhile: a handler of SIGSEGV, an alternate stack. Ms begin with the mask of
// run()'s thread, whoever makes them.
// cases: bare handled
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <exception>

#include "../run/expect.h"

using namespace mstart;

namespace {

sigset_t mask() {
  sigset_t now;
  sigprocmask(SIG_BLOCK, nullptr, &now);
  return now;
}
stack_t signal_stack() {
  stack_t now;
  sigaltstack(nullptr, &now);
  return now;
}
using Handler = void (*)(int);
Handler handler_of(int signal) {
  struct sigaction now;
  sigaction(signal, nullptr, &now);
  return now.sa_handler;
}
void handler(int) {}

void check_thread() {
  const sigset_t now = mask();
  expect(sigismember(&now, SIGUSR1) == 1 && sigismember(&now, SIGUSR2) == 0, "the mask is that of run()'s thread");
  expect((signal_stack().ss_flags & SS_DISABLE) == 0, "there is an alternate stack");
}

// Gs whose threads have a mask of their own start others, whose threads have not.
void check_threads() {
  Scope scope;
  for (int i = 0; i < 20; ++i) {
    scope.go([] {
      lock_thread();
      check_thread();
      sigset_t more;
      sigemptyset(&more);
      sigaddset(&more, SIGUSR2);
      pthread_sigmask(SIG_BLOCK, &more, nullptr);
      Scope others;
      for (int k = 0; k < 4; ++k) {
        others.go([] {
          check_thread();
          yield();
          check_thread();
        });
      }
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool handled = which_case(argc, argv) == "handled";
  static char stack[1 << 16];
  if (handled) {
    signal(SIGSEGV, handler);
    const stack_t mine{.ss_sp = stack, .ss_flags = 0, .ss_size = sizeof stack};
    sigaltstack(&mine, nullptr);
  }
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigprocmask(SIG_BLOCK, &blocked, nullptr);
  const stack_t stack_before = signal_stack();
  const Handler segv_before = handler_of(SIGSEGV), bus_before = handler_of(SIGBUS);
  const int first = thread_id(), slack_before = prctl(PR_GET_TIMERSLACK);
  int status = 1;
  try {
    throw 5;
  } catch (int) {
    status = run({.procs = 3}, [=] {
      expect(std::current_exception() == nullptr, "main begins with no exception");
      if (handled) {
        expect(handler_of(SIGSEGV) == handler, "the handler that was there stays");
        Scope scope;
        scope.go([=] { expect(thread_id() != first || signal_stack().ss_sp == stack, "so does the stack"); });
      }
      check_threads();
    });
    expect(std::current_exception() != nullptr, "the exception is still being handled");
  }
  const sigset_t now = mask();
  expect(sigismember(&now, SIGUSR1) == 1 && sigismember(&now, SIGUSR2) == 0, "the mask afterwards");
  const stack_t stack_now = signal_stack();
  expect(stack_now.ss_sp == stack_before.ss_sp && stack_now.ss_flags == stack_before.ss_flags, "the alternate stack");
  expect(handler_of(SIGSEGV) == segv_before && handler_of(SIGBUS) == bus_before, "the handlers");
  expect_equal(prctl(PR_GET_TIMERSLACK), slack_before, "the timer slack");
  return status;
}
