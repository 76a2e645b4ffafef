// SPDX-License-Identifier: MIT
// thread_local variables with alignments up to a page, with and without an initial value, on the first thread and on those
// that are born, by any thread or by the template thread: each has its own, aligned and fresh.
// timeout: 120
#include "expect.h"

using namespace mstart;

namespace {

thread_local char first = 'f';
alignas(64) thread_local char line[3] = {'l', 'i', 'n'};
alignas(4096) thread_local char page[5] = {'p', 'a', 'g', 'e', '!'};
thread_local int number = 42;
thread_local const char* pointer = "relocated";
alignas(64) thread_local char zero_line[100];
alignas(4096) thread_local char zero_page[5000];
thread_local char last;
thread_local int visits = 0;

bool aligned(const void* p, uintptr_t align) {
  asm volatile("" : "+r"(p));  // the compiler trusts alignas
  return reinterpret_cast<uintptr_t>(p) % align == 0;
}

bool all_zero(const char* p, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    if (p[i] != 0) return false;
  }
  return true;
}

// One function, so that no address is kept across a switch: the thread is the same from its first line to its last. Returns
// how many were here before on this thread.
[[gnu::noinline]] int visit(char mark) {
  expect(aligned(line, 64) && aligned(zero_line, 64), "aligned to 64");
  expect(aligned(page, 4096) && aligned(zero_page, 4096), "aligned to 4096");
  if (visits == 0) {
    expect(first == 'f' && line[0] == 'l' && line[2] == 'n' && page[0] == 'p' && page[4] == '!' && number == 42,
           "initial values");
    expect(all_zero(zero_line, sizeof zero_line) && all_zero(zero_page, sizeof zero_page) && last == 0, "zeros");
  } else {
    expect(first == line[0] && first == page[4] && first == zero_line[99] && first == zero_page[4999] && first == last,
           "what was written on this thread, and nothing of another's");
    expect(line[2] == 'n' && page[0] == 'p' && number == 42, "the rest is as it was");
  }
  expect(std::string_view(pointer) == "relocated", "an address as initial value");
  first = line[0] = page[4] = zero_line[99] = zero_page[4999] = last = mark;
  return visits++;
}

// Threads of their own, all there at once: each G is the first and only one there.
void many_threads() {
  constexpr int kThreads = 20;
  std::atomic<int> tids[kThreads];
  Scope scope;
  Gate gate;
  for (int i = 0; i < kThreads; ++i) {
    scope.go([&, i] {
      lock_thread();
      tids[i] = thread_id();
      gate.wait();
      for (int round = 0; round < 10; ++round) {
        expect(thread_id() == tids[i], "the G keeps its thread");
        visit(static_cast<char>('A' + i));
        yield();
      }
    });
  }
  yield();
  gate.open();
  scope.wait();
  for (int i = 0; i < kThreads; ++i) {
    for (int j = 0; j < i; ++j) expect(tids[i] != tids[j], "each has its own thread");
  }
}

// Gs that move: whatever thread each visit is on.
void migrants() {
  Scope scope;
  for (int i = 0; i < 100; ++i) {
    scope.go([i] {
      for (int round = 0; round < rounds(100); ++round) {
        visit(static_cast<char>(i));
        yield();
      }
    });
  }
}

// One thread after the other, in memory that another one has used: each ends with its G.
void births_in_used_memory() {
  int fresh = 0;
  for (int i = 0; i < 100; ++i) {
    Scope scope;
    for (int n = 0; n < 3; ++n) {
      scope.go([&fresh] {
        lock_thread();
        std::atomic_ref(fresh) += visit('1') == 0 ? 1 : 0;
        for (int k = 0; k < 3; ++k) yield();
        expect(visit('2') >= 1, "the G keeps its thread");
      });
    }
  }
  expect(fresh > 200, "threads were born");
}

}  // namespace

int main() {
  set_procs(4);
  expect(visit('a') == 0 && visit('b') == 1, "the first thread");
  many_threads();
  migrants();
  lock_thread();  // from here on the template thread makes them
  const int before = visit('m');
  births_in_used_memory();
  expect(visit('m') == before + 1, "the first thread's are as they were");
}
