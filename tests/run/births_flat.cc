// SPDX-License-Identifier: MIT
// 1,000 births and deaths of threads leave nothing behind: no memory, no mapping, no thread. free: any thread makes them;
// template: the template thread does.
// cases: free template
// freestanding-only: libc keeps the stacks of threads that have ended
#include "observe.h"

using namespace mstart;

namespace {

// The thread ends with its G, unless it is the first one. Returns how many will end.
int births(int n) {
  std::atomic<int> ending{0};
  for (int i = 0; i < n; ++i) {
    Scope().go([&] {
      lock_thread();
      ending += thread_id() != process_id() ? 1 : 0;
    });
  }
  return ending;
}

struct Footprint {
  int64_t rss = rss_kb();
  int64_t maps = mappings();
  int64_t tasks = threads();
};

}  // namespace

int main(int argc, char** argv) {
  set_procs(2);
  if (which_case(argc, argv) == "template") lock_thread();
  births(200);
  (void)Footprint();  // its own pages
  const Footprint before;
  const uint64_t ended = stats().ms_ended;
  const int ending = births(1000);
  expect(ending >= 999, "births that end");
  wait_until([&] { return stats().ms_ended - ended >= static_cast<uint64_t>(ending); });
  wait_until([&] { return threads() <= before.tasks + 1; });  // the last one may be on its way out
  const Footprint after;
  eprint("threads {} -> {}, mappings {} -> {}, RSS {} -> {} KB\n", before.tasks, after.tasks, before.maps, after.maps,
         before.rss, after.rss);
  // More slots are taken only if the kernel was slow to clear away some at once.
  expect(after.maps <= before.maps + 2, "mappings stay");
  if (!emulated()) expect(after.rss <= before.rss + 256, "memory stays");
  expect(num_m() <= 4, "threads stay");
}
