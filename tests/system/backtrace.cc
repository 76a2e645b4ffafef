// SPDX-License-Identifier: MIT
// Places for debuggers and profilers to stop at (backtraces.py): functions with plain names, each called in one situation,
// which the argument names. Compiled with frame pointers, as profilers want.
#include <mstart/mstart.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <string_view>

using namespace mstart;

extern "C" {

// arch/arch.h: a call on another stack.
void mstart_asmcgocall(void (*fn)(void*), void* arg, void* sp);

// Bodies that no compiler leaves out, nor turns their callers' calls into jumps.
[[gnu::noipa]] void in_g() { asm volatile(""); }
[[gnu::noipa]] void in_g_caller() {
  in_g();
  asm volatile("");
}
[[gnu::noipa]] void on_system_stack(void*) { asm volatile(""); }
[[gnu::noipa]] void on_system_stack_caller(char* stack) {
  mstart_asmcgocall(on_system_stack, nullptr, stack);
  asm volatile("");
}
[[gnu::noipa]] void faults(volatile int* p) {
  *p = 1;
  asm volatile("");
}
[[gnu::noipa]] void spin_leaf(long n) {
  for (long i = 0; i < n; ++i) asm volatile("" : "+m"(i));  // in memory: so there is a frame
}
[[gnu::noipa]] void spin(long n) {
  spin_leaf(n);
  asm volatile("");
}

}  // extern "C"

namespace {

constexpr size_t kStackBytes = size_t{256} * 1024;

// Above all G stacks, as the first thread's own stack is: near to that.
char* high_stack() {
  const auto hint = reinterpret_cast<uintptr_t>(environment().data()) - (uintptr_t{64} << 20);
  const auto base = raw_syscall(SYS_mmap, hint & ~uintptr_t{0xffff}, kStackBytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return reinterpret_cast<char*>(base.value()) + kStackBytes;
}

// Below all G stacks.
char* low_stack() {
  alignas(16) static char stack[kStackBytes];
  return stack + kStackBytes;
}

// On another thread than the first.
void on_new_thread() {
  const ThreadLock lock;  // so that no other G runs on this one
  Scope scope;
  scope.go(in_g_caller);
}

void spinning() {
  for (int round = 0; round < 400; ++round) {
    Scope scope;
    for (int i = 0; i < 4; ++i) {
      scope.go([] {
        for (int n = 0; n < 10; ++n) {
          spin(20'000);
          yield();
        }
      });
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "main") in_g_caller();
  if (what == "g") Scope().go(in_g_caller);
  if (what == "new_thread") on_new_thread();
  if (what == "low_stack") Scope().go([] { on_system_stack_caller(low_stack()); });
  if (what == "high_stack") Scope().go([] { on_system_stack_caller(high_stack()); });
  if (what == "fault") Scope().go([] { faults(nullptr); });
  if (what == "spin") spinning();
}
