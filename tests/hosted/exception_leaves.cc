// SPDX-License-Identifier: MIT
// An exception that leaves a function given to the runtime is std::terminate, as one that leaves a std::thread's.
// cases: run go spawn scope copy destructor callback
// status: -6
// stderr: terminate called after throwing an instance of 'int'
#include <algorithm>

#include "../run/expect.h"

using namespace mstart;

namespace {

struct ThrowsWhenCopied {
  ThrowsWhenCopied() = default;
  ThrowsWhenCopied(const ThrowsWhenCopied&) { throw 1; }
  void operator()() const {}
};
struct ThrowsAtItsEnd {
  ~ThrowsAtItsEnd() noexcept(false) { throw 1; }
  void operator()() const {}
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view which = which_case(argc, argv);
  return run([&] {
    if (which == "run") throw 1;
    if (which == "go") go([] { throw 1; });
    if (which == "spawn") spawn([]() -> int { throw 1; }).join();
    if (which == "scope") Scope().go([] { yield(), throw 1; });
    const ThrowsWhenCopied copied;
    if (which == "copy") go(copied);
    static ThrowsAtItsEnd end;
    if (which == "destructor") go(std::move(end));
    // Through a function that knows nothing of it.
    if (which == "callback") {
      go([] {
        int numbers[] = {2, 1};
        std::sort(numbers, numbers + 2, [](int, int) -> bool { throw 1; });
      });
    }
    wait_for_ever();
  });
}
