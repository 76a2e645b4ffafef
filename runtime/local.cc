// SPDX-License-Identifier: MIT
// A G's list of what it must do when it ends: GLocal's values, and the Once whose function it is in. goexit1 runs it.
#include <mstart/detail/ending.h>

#include "runtime/m.h"

namespace mstart::inline v0::detail {

void push_ending(Ending* ending) {
  runtime::G* g = runtime::user_g();
  ending->next = g->endings;
  g->endings = ending;
}

void remove_ending(Ending* ending) {
  Ending** at = &runtime::user_g()->endings;
  while (*at != ending) at = &(*at)->next;
  *at = ending->next;
}

Ending* find_ending(const void* key) {
  Ending* ending = runtime::user_g()->endings;
  while (ending != nullptr && ending->key != key) ending = ending->next;
  return ending;
}

}  // namespace mstart::inline v0::detail
