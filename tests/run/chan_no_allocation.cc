// SPDX-License-Identifier: MIT
// Nothing is allocated by send, recv, try_ forms, close and select of up to 16 cases, parked or not: the heap's functions
// are counted (they are wrapped by the linker, see meson.build).
#include "expect.h"

using namespace mstart;

namespace {
std::atomic<int64_t> allocations{0};
}

// The linker puts __wrap_NAME in NAME's place, and NAME in __real_NAME's.
extern "C" {
void* real_of_api(size_t, size_t) asm("__real__ZN6mstart2v06detail10heap_allocEmm");
void* counted_of_api(size_t, size_t) asm("__wrap__ZN6mstart2v06detail10heap_allocEmm");
void* real_of_runtime(size_t, size_t) asm("__real__ZN6mstart7runtime10heap_allocEmm");
void* counted_of_runtime(size_t, size_t) asm("__wrap__ZN6mstart7runtime10heap_allocEmm");

void* counted_of_api(size_t bytes, size_t align) {
  ++allocations;
  return real_of_api(bytes, align);
}
void* counted_of_runtime(size_t bytes, size_t align) {
  ++allocations;
  return real_of_runtime(bytes, align);
}
}

int main() {
  set_procs(2);
  const Chan<int> there, back, buffered(4);
  Scope scope;
  scope.go([&] {
    for (const int v : there) back.send(v);
    back.close();
  });
  expect_equal(allocations, 3, "allocations of three channels");

  const int64_t before = allocations;
  for (int i = 0; i < rounds(10'000); ++i) {
    there.send(i);
    expect_equal(*back.recv(), i, "the round trip");
    std::optional<int> v;
    expect(buffered.try_send(i) && !back.try_recv(v) && buffered.try_recv(v), "without parking");
    expect_equal(select(send(there, i), recv(back)), 0, "a select that parks, or not");
    expect_equal(select(recv(back, v), recv(buffered), recv(buffered), recv(buffered), recv(buffered), recv(buffered),
                        recv(buffered), recv(buffered), recv(buffered), recv(buffered), recv(buffered), recv(buffered),
                        recv(buffered), recv(buffered), recv(buffered), recv(buffered)),
                 0, "a select of 16");
  }
  there.close();
  expect(!back.recv(), "closed");
  expect_equal(allocations, before, "allocations");
}
