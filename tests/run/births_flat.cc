// SPDX-License-Identifier: MIT
// 1,000 births and deaths of threads leave nothing behind: no memory, no mapping, no thread. free: any thread makes them;
// template: the template thread does. Under qemu-user the memory is qemu's too, which keeps what it has made for a thread.
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

// Is the footprint after 1,000 births what it was before?
bool stays() {
  const Footprint before;
  const uint64_t ended = stats().ms_ended;
  const int ending = births(1000);
  expect(ending >= 999, "births that end");
  wait_until([&] { return stats().ms_ended - ended >= static_cast<uint64_t>(ending); });
  wait_until([&] { return threads() <= before.tasks + 1; });  // the last one may be on its way out
  const Footprint after;
  eprint("threads {} -> {}, mappings {} -> {}, RSS {} -> {} KB\n", before.tasks, after.tasks, before.maps, after.maps,
         before.rss, after.rss);
  expect(num_m() <= before.tasks + 1, "threads stay");
  return after.maps <= before.maps && (emulated() || after.rss <= before.rss + 256);
}

}  // namespace

int main(int argc, char** argv) {
  set_procs(2);
  if (which_case(argc, argv) == "template") lock_thread();
  births(200);
  (void)Footprint();  // its own pages
  // More slots are taken when the kernel is slow to clear away some threads at once, until there are enough; a chunk of them is
  // up to 128 mappings. What leaks grows each time.
  int growths = 0;
  while (!stays()) expect(++growths < 4, "memory and mappings stay");
}
