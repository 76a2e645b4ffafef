// SPDX-License-Identifier: MIT
// What a G must do when it ends, wherever that is: goexit() runs no destructors.
#pragma once

namespace mstart::inline v0::detail {

// A node of the G's list, last in first out; on the G's stack or in the heap.
struct Ending {
  void (*run)(Ending*) = nullptr;
  const void* key = nullptr;  // GLocal: whose value it is
  Ending* next = nullptr;
};

void push_ending(Ending*);
void remove_ending(Ending*);
Ending* find_ending(const void* key);  // null: none

}  // namespace mstart::inline v0::detail
