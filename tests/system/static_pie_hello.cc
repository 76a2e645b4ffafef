// SPDX-License-Identifier: MIT
// 8 Gs, in a position-independent program: pointers that the linker had to leave to the start code, a thread_local, a
// constructor. With an argument it prints where it is, from /proc/self/maps.
#include <fcntl.h>
#include <mstart/mstart.h>
#include <sys/syscall.h>

#include <array>

using namespace mstart;

namespace {

void add(std::atomic<int>& n) { n.fetch_add(1, std::memory_order_relaxed); }
using Add = void (*)(std::atomic<int>&);
constexpr auto kFunctions = [] {  // in RELRO
  std::array<Add, 200> all{};
  all.fill(add);
  return all;
}();
const char* text = "hello from {} Gs\n";  // in .data
thread_local const char* of_this_thread = text;
const struct Constructed {
  Constructed() : value(*text) {}
  char value;
} constructed;

}  // namespace

int main(int argc, char**) {
  std::atomic<int> ran = 0;
  {
    Scope scope;
    for (int i = 0; i < 8; ++i) {
      scope.go([&ran, i] {
        if (of_this_thread == text) kFunctions[static_cast<size_t>(i) * 25](ran);
      });
    }
  }
  for (const Add& function : kFunctions) {
    if (*const_cast<const Add volatile*>(&function) != add) fatal("a pointer is not relocated");
  }
  if (constructed.value != 'h') fatal("a constructor has not run");
  print("hello from {} Gs\n", ran.load(std::memory_order_relaxed));
  if (argc == 1) return 0;
  const auto fd = raw_syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY);
  char buffer[4096];
  for (;;) {
    const auto n = raw_syscall(SYS_read, *fd, &buffer[0], sizeof buffer);
    if (!n || *n == 0) return 0;
    print("{}", std::string_view(buffer, static_cast<size_t>(*n)));
  }
}
