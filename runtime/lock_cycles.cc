// SPDX-License-Identifier: MIT
// Circles of Gs that wait for each other's Mutexes and SharedMutexes.
//
// Each G that waits is an edge, to the G that holds what it waits for; so at most one goes out of each G, and a walk along them
// that comes back to where it has been has found a circle. The holder is the G on whose stack it was locked (LockState), which
// counts only if it waits itself: its stack is known then. Under the bucket's lock the object that somebody waits for is
// there, and if it is locked its holder is the one who has it, or is not noted yet (null).
//
// A lock is its locker's: of a program that has another G unlock it, circles are told of that it may yet leave; and if a G has
// ended without unlocking, the one that has its stack now is taken for it. Readers of a SharedMutex are nobody's edge.
#include <mstart/sync.h>

#include "runtime/deadlock.h"
#include "runtime/dump.h"
#include "runtime/print.h"
#include "runtime/report.h"
#include "runtime/sema.h"

namespace mstart::runtime {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

struct Edge {
  const Waiter* waiter;
  const G* g;
  const char* lo;  // g's stack
  const char* hi;
  const detail::LockState* lock;
  const char* holder;
  uint32_t next;  // the holder's; kNone: it does not wait for a lock, or is not known
  uint32_t walk;  // the one that came here first
  Stuck stuck;    // of the second pass; kNew: it is not the same wait any more
};

struct Edges {
  Edge* all;
  uint32_t size, capacity;
  Look look;
};

// Keys of readers and writers of one lock are in its first word.
const detail::LockState* lock_of(const Waiter* waiter) {
  return reinterpret_cast<const detail::LockState*>(reinterpret_cast<uintptr_t>(waiter->key) & ~uintptr_t{7});
}

// Under the bucket's lock: who holds what the waiter waits for? Null: nobody knows.
const char* holder_of(const Waiter* waiter) {
  if (waiter->g == nullptr || waiter->g->wait_until != 0) return nullptr;
  const WaitReason reason = waiter->g->wait_reason;
  if (reason != WaitReason::kMutex && reason != WaitReason::kSharedMutex && reason != WaitReason::kSharedMutexShared)
    return nullptr;
  const detail::LockState* state = lock_of(waiter);
  // acquire: who holds it now has seen that the one before took his name out, and so does who sees it locked.
  if ((state->word.load(std::memory_order_acquire) & detail::kLocked) == 0) return nullptr;
  return static_cast<const char*>(__atomic_load_n(&state->holder, __ATOMIC_RELAXED));
}

void count(Waiter* waiter, void* n) { *static_cast<uint32_t*>(n) += holder_of(waiter) != nullptr; }

void collect(Waiter* waiter, void* arg) {
  auto* edges = static_cast<Edges*>(arg);
  const char* holder = holder_of(waiter);
  if (holder == nullptr || edges->size == edges->capacity) return;
  if (waiter->stuck == Stuck::kNew) waiter->stuck = Stuck::kSeen;
  waiter->index = edges->size;
  const G* g = waiter->g;
  edges->all[edges->size++] = {waiter, g, g->stack.lo, g->stack.hi, lock_of(waiter), holder, kNone, kNone, Stuck::kNew};
}

// The second pass.
void confirm(Waiter* waiter, void* arg) {
  auto* edges = static_cast<Edges*>(arg);
  if (waiter->stuck == Stuck::kNew || waiter->index >= edges->size) return;
  Edge& edge = edges->all[waiter->index];
  if (edge.waiter != waiter || edge.holder != holder_of(waiter)) return;
  edge.stuck = waiter->stuck;
  if (edges->look == Look::kWatch) waiter->stuck = next(waiter->stuck);
}

// Those that wait for one lock stand together, but for readers: it is looked for once.
void find_holders(const Edges& edges) {
  for (uint32_t i = 0; i < edges.size; ++i) {
    Edge& edge = edges.all[i];
    if (i != 0 && edge.holder == edges.all[i - 1].holder) {
      edge.next = edges.all[i - 1].next;
      continue;
    }
    for (uint32_t j = 0; j < edges.size && edge.next == kNone; ++j) {
      if (edge.holder >= edges.all[j].lo && edge.holder < edges.all[j].hi) edge.next = j;
    }
  }
}

// The circle that `first` is in. A dump tells of all that stand, a watch of those that have stood for one more look.
void report_circle(int fd, const Edges& edges, uint32_t first) {
  Stuck least = Stuck::kTold;
  uint32_t i = first;
  do {
    const Edge& edge = edges.all[i];
    if (edge.stuck < least) least = edge.stuck;
    i = edge.next;
  } while (i != first);
  if (least == Stuck::kNew || (edges.look == Look::kWatch && least != Stuck::kOnce)) return;
  const char* begin = "deadlock: goroutine %";
  do {
    const Edge& edge = edges.all[i];
    report(fd, begin, {static_cast<intptr_t>(edge.g->id)});
    i = edge.next;
    report(fd, " waits for mutex @ held by goroutine %",
           {as_value(edge.lock), static_cast<intptr_t>(edges.all[i].g->id)});
    begin = ", which";
  } while (i != first);
  report(fd, "\n", {});
  if (edges.look == Look::kDump) return;
  do {
    dump_g(fd, edges.all[i].g);
    i = edges.all[i].next;
  } while (i != first);
}

}  // namespace

void report_lock_cycles(int fd, Look look) {
  const bool patient = look == Look::kWatch;
  uint32_t n = 0;
  for_each_waiter(patient, count, &n);
  Scratch scratch(n * sizeof(Edge));
  if (!scratch.ok()) return;
  Edges edges{scratch.take<Edge>(n), 0, n, look};
  for_each_waiter(patient, collect, &edges);
  find_holders(edges);
  for_each_waiter(patient, confirm, &edges);
  for (uint32_t i = 0; i < edges.size; ++i) {
    uint32_t at = i;
    for (; at != kNone && edges.all[at].walk == kNone; at = edges.all[at].next) edges.all[at].walk = i;
    if (at != kNone && edges.all[at].walk == i) report_circle(fd, edges, at);
  }
}

// mutex.cc's reason to have this file.
void watch_locks() { watch_deadlocks(); }

}  // namespace mstart::runtime
