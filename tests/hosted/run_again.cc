// SPDX-License-Identifier: MIT
// run() starts the runtime once in a process: a second time, and a second thread meanwhile, are fatal. On a G it just calls
// its argument, as everywhere in a program without libc.
// cases: after meanwhile
// status: 2
// stdout: 5 6 0
// stderr: fatal error: run: the runtime has run before
#include <pthread.h>

#include "../run/expect.h"

using namespace mstart;

namespace {

int six() { return 6; }

}  // namespace

int main(int argc, char** argv) {
  const bool meanwhile = which_case(argc, argv) == "meanwhile";
  (void)run([=] {
    const uint64_t self = this_g();
    const int five = run({.procs = 1}, [=] { return this_g() == self ? 5 : 0; });
    print("{} {} {}\n", five, run(six), run([] {}));
    if (!meanwhile) return;
    pthread_t thread;
    pthread_create(&thread, nullptr, [](void*) -> void* { return run(six), nullptr; }, nullptr);
    pthread_join(thread, nullptr);
  });
  return run(six);
}
