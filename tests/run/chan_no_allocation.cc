// SPDX-License-Identifier: MIT
// Nothing is allocated by send, recv, try_ forms, close and select of up to 16 cases, parked or not: the heap's functions
// are counted (counted_heap.h).
#include "counted_heap.h"
#include "expect.h"

using namespace mstart;

int main() {
  set_procs(2);
  const Chan<int> there, back, buffered(4);
  Scope scope;
  scope.go([&] {
    for (const int v : there) back.send(v);
    back.close();
  });
  expect_equal(allocations, 3, "allocations of three channels");

  const int before = allocations;
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
