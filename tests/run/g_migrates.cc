// SPDX-License-Identifier: MIT
// A G that goes on on another thread asks who it is, and gets the answers of that thread: no compiler has kept the address or
// the value of the current g or m over the switch (I6; Go's TestGetgThreadSwitch). Everything that can be inlined is.
#include "expect.h"
#include "runtime/sched.h"

using namespace mstart;

namespace {

using runtime::getg;

struct Who {
  int tid = thread_id();
  const runtime::G* g = getg();
  const runtime::M* m = getg()->m;
};

[[gnu::always_inline]] inline void check_self(const runtime::G* self) {
  const Who who;
  expect(who.g == self, "a G keeps its address");
  expect(who.m->curg == self, "its M runs it");
  // The first thread's word is not the kernel's.
  expect_equal(who.m == &runtime::m0 ? process_id() : who.m->thread.tid(), who.tid, "the thread of its M");
  expect(who.m->p != nullptr && who.m->p->m == who.m, "the M has a P");
}

}  // namespace

int main() {
  set_procs(4);
  std::atomic<int> migrations{0};
  wait_until([&] {
    Scope scope;
    for (int i = 0; i < 40; ++i) {
      scope.go([&] {
        const runtime::G* const self = getg();
        for (int n = 0; n < 200; ++n) {
          const Who before;
          yield();
          const Who after;  // the same expressions, at once: what a compiler would like to reuse
          if (before.tid != after.tid) {
            ++migrations;
            expect(before.m != after.m, "another thread is another M");
          } else {
            expect(before.m == after.m, "the same thread is the same M");
          }
          check_self(self);
          if (n % 16 == 0) {
            const ThreadLock lock;
            check_self(self);
          }
          if (n % 50 == 0) Scope().go([] { check_self(getg()); });
          check_self(self);
        }
      });
    }
    scope.wait();
    return migrations > rounds(1000);
  });
}
