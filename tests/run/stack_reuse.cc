// SPDX-License-Identifier: MIT
// The memory of a thread is not used again before the thread is gone: each newborn finds its signal stack, its TLS and its
// scheduler's stack to itself, whoever ended a moment ago. Each fills what it has with a pattern of its own, goes away for a
// while, and finds it as it was.
// freestanding-only: threads have their stacks and TLS from libc
#include <cstring>

#include "expect.h"
#include "os/signal.h"
#include "runtime/sched.h"

using namespace mstart;

namespace {

using runtime::getg;
using runtime::M;

thread_local uint64_t mine[16];

// Most of the scheduler's stack below what is in use, and of the signal stack.
struct Room {
  uint64_t* begin;
  uint64_t* end;
};
Room below_scheduler(const M* m) {
  return {reinterpret_cast<uint64_t*>(m->g0.stack.lo), reinterpret_cast<uint64_t*>(m->g0.stack.lo + 4096)};
}
Room signal_stack(const M* m) {
  return {reinterpret_cast<uint64_t*>(m->signal_stack), reinterpret_cast<uint64_t*>(m->signal_stack + 4096)};
}
void fill(Room room, uint64_t value) {
  for (uint64_t* at = room.begin; at != room.end; ++at) *at = value;
}
bool is_full(Room room, uint64_t value) {
  for (const uint64_t* at = room.begin; at != room.end; ++at) {
    if (*at != value) return false;
  }
  return true;
}

// How many Ms that have ended wait to be used again.
int free_ms(const M* but) {
  const runtime::LockGuard guard(runtime::sched.lock);
  int n = 0;
  for (const M* m = runtime::sched.freem; m != nullptr; m = m->freelink) n += m != but ? 1 : 0;
  return n;
}

// Thread after thread, while one that has ended looks as if it were still on its stack.
void not_before_it_is_gone() {
  const auto birth = [](M** m) {
    Scope scope;
    scope.go([=] {
      lock_thread();
      *m = getg()->m;
    });
  };
  M* ended = nullptr;
  birth(&ended);
  wait_until([&] { return free_ms(nullptr) != 0 && ended->thread.gone(); });
  ended->thread.prepare();
  for (int i = 0; i < 20; ++i) {
    M* other = nullptr;
    birth(&other);
    expect(other != ended, "an M is not used again before its thread is gone");
  }
  ended->thread.set_gone();
}

}  // namespace

int main() {
  set_procs(4);
  lock_thread();
  not_before_it_is_gone();
  std::atomic<int> births{0};
  const int n = rounds(2000);
  Scope scope;
  // A few at a time, so that some end while others are born.
  for (int chain = 0; chain < 4; ++chain) {
    scope.go([&] {
      while (++births <= n) {
        Scope().go([] {
          lock_thread();
          const M* m = getg()->m;
          const uint64_t id = this_g();
          for (const uint64_t word : mine) expect(word == 0, "TLS is new");
          for (uint64_t& word : mine) word = id;
          fill(below_scheduler(m), id);
          fill(signal_stack(m), id);
          for (int i = 0; i < 5; ++i) yield();
          expect(getg()->m == m && m->thread.tid() == thread_id(), "its M is its own");
          for (const uint64_t word : mine) expect(word == id, "TLS is its own");
          expect(is_full(below_scheduler(m), id), "the scheduler's stack is its own");
          expect(is_full(signal_stack(m), id), "the signal stack is its own");
        });
      }
    });
  }
  scope.wait();
  expect(stats().ms_ended >= static_cast<uint64_t>(n) - 100, "threads ended");
}
