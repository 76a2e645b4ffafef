// SPDX-License-Identifier: MIT
// Chunks of stacks and Gs, the lists of free ones, and who may take which.
#include "runtime/stack.h"

#include <new>

#include "os/mem.h"
#include "runtime/sched.h"

namespace mstart::runtime {

constinit size_t default_stack_bytes = size_t{64} * 1024;

namespace {

// A chunk: slots (guard, stack), then this header, then its Gs.
struct alignas(64) Chunk {
  Chunk* next;        // all chunks
  uint32_t size;      // Gs
  uint32_t fresh;     // slots that nobody has used yet: the last ones, their pages are not there
  Chunk* next_fresh;  // chunks that have some
  G* gs() { return reinterpret_cast<G*>(this + 1); }
};
static_assert(sizeof(Chunk) % alignof(G) == 0);

// A free stack holds its list in its own top word: the page that its next user touches first.
struct FreeStack {
  FreeStack* next;
};
FreeStack* free_stack_at(char* hi) { return reinterpret_cast<FreeStack*>(hi) - 1; }
char* top_of(FreeStack* stack) { return reinterpret_cast<char*>(stack + 1); }

constexpr uint32_t kFirstChunk = 16, kLargestChunk = 256;
constexpr size_t kSmallestSized = size_t{16} * 1024, kLargestKept = size_t{8} * 1024 * 1024;
constexpr int kSizes = 10;  // 16 KiB << 0 .. 8 MiB
static_assert(kSmallestSized << (kSizes - 1) == kLargestKept);

struct Stacks {
  Lock lock{Rank::kStacks};
  Chunk* fresh = nullptr;  // chunks with fresh slots
  FreeStack* free = nullptr;
  FreeStack* sized[kSizes] = {};
  uint64_t total = 0, gs = 1;  // main's G is in no chunk
  uint32_t next_chunk = kFirstChunk;
  std::atomic<Chunk*> chunks{nullptr};
};
constinit Stacks stacks;

size_t slot_bytes() { return os::page_size + os::align_up(default_stack_bytes, os::page_size); }

uint32_t cache_size() {
  const auto procs = static_cast<uint32_t>(sched.procs.load(std::memory_order_relaxed));
  if (procs <= 256 / P::kStackCache) return P::kStackCache;
  return procs <= 64 ? 256 / procs : 4;
}
uint64_t slack() { return static_cast<uint64_t>(sched.procs.load(std::memory_order_relaxed)) * cache_size(); }

Stack stack_below(char* hi, size_t bytes) { return {hi - bytes, hi}; }

// Under the lock. A mapping with n stacks, and Gs as far as the slack is covered.
Result<void> map_chunk(uint32_t n, GList* gs) {
  const uint64_t missing_slack = stacks.gs + slack() > stacks.total ? stacks.gs + slack() - stacks.total : 0;
  const auto slots = static_cast<uint32_t>(n + missing_slack);
  const size_t slot = slot_bytes();
  const Result<char*> base = os::map_stacks(slots * slot + sizeof(Chunk) + n * sizeof(G));
  if (!base) return base.error();
  const Result<void> guarded = os::install_guards(*base, slot, slots);
  if (!guarded) {
    (void)os::munmap(*base, slots * slot + sizeof(Chunk) + n * sizeof(G));
    return guarded;
  }
  stacks.total += slots;
  stacks.gs += n;
  auto* chunk = new (*base + slots * slot) Chunk{stacks.chunks.load(std::memory_order_relaxed), n, slots, stacks.fresh};
  stacks.fresh = chunk;
  for (uint32_t i = n; i-- > 0;) gs->push(new (chunk->gs() + i) G());
  stacks.chunks.store(chunk, std::memory_order_release);
  return {};
}

int size_class(size_t bytes) {
  int i = 0;
  while ((kSmallestSized << i) < bytes) ++i;
  return i;
}

}  // namespace

Result<void> grow_gs(GList* gs) {
  LockGuard guard(stacks.lock);
  Result<void> r = map_chunk(stacks.next_chunk, gs);
  for (uint32_t n = stacks.next_chunk; !r && n > 1;) r = map_chunk(n /= 2, gs);
  if (r && stacks.next_chunk < kLargestChunk) stacks.next_chunk *= 2;
  return r;
}

void start_on_stack(G* g, Stack stack) {
  g->stack = stack;
  g->sched.sp = stack.hi;
  g->sched.pc = reinterpret_cast<void*>(arch::gentry);
  g->sched.fp = nullptr;
  fiber_begin(g->fiber, stack.lo, stack.hi);
}

void take_stack(P* p, G* g) {
  char* hi;
  if (p->free_stacks_count > 0) {
    hi = p->free_stacks[--p->free_stacks_count];
  } else {
    LockGuard guard(stacks.lock);
    if (stacks.free != nullptr) {
      hi = top_of(stacks.free);
      stacks.free = stacks.free->next;
    } else {
      Chunk* chunk = stacks.fresh;
      check(chunk != nullptr, "execute: no stack for a new g");
      hi = reinterpret_cast<char*>(chunk) - --chunk->fresh * slot_bytes();
      if (chunk->fresh == 0) stacks.fresh = chunk->next_fresh;
    }
  }
  start_on_stack(g, stack_below(hi, slot_bytes() - os::page_size));
}

void give_stack(P* p, G* g) {
  char* hi = g->stack.hi;
  const auto bytes = static_cast<size_t>(hi - g->stack.lo);
  g->stack = {};
  if (!g->own_stack && p->free_stacks_count < cache_size()) {
    p->free_stacks[p->free_stacks_count++] = hi;
    return;
  }
  if (g->own_stack && bytes > kLargestKept) {
    (void)os::munmap(hi - bytes - os::page_size, bytes + os::page_size);
    return;
  }
  LockGuard guard(stacks.lock);
  FreeStack** list = g->own_stack ? &stacks.sized[size_class(bytes)] : &stacks.free;
  FreeStack* stack = free_stack_at(hi);
  stack->next = *list;
  *list = stack;
}

Result<Stack> take_sized_stack(size_t bytes) {
  if (bytes > SIZE_MAX / 4) return Error{Errno::not_enough_memory, "mmap"};
  if (bytes <= kLargestKept) {
    const int i = size_class(bytes > os::page_size ? bytes : os::page_size);
    bytes = kSmallestSized << i;
    LockGuard guard(stacks.lock);
    if (FreeStack* stack = stacks.sized[i]; stack != nullptr) {
      stacks.sized[i] = stack->next;
      return stack_below(top_of(stack), bytes);
    }
  }
  bytes = os::align_up(bytes, os::page_size);
  const Result<char*> base = os::map_stacks(bytes + os::page_size);
  if (!base) return base.error();
  const Result<void> guarded = os::install_guards(*base, os::page_size, 1);
  if (!guarded) {
    (void)os::munmap(*base, bytes + os::page_size);
    return guarded.error();
  }
  return Stack{*base + os::page_size, *base + os::page_size + bytes};
}

void for_each_g(void (*fn)(G*, void*), void* arg) {
  fn(&main_g, arg);
  for (Chunk* chunk = stacks.chunks.load(std::memory_order_acquire); chunk != nullptr; chunk = chunk->next) {
    for (uint32_t i = 0; i < chunk->size; ++i) fn(chunk->gs() + i, arg);
  }
}

}  // namespace mstart::runtime
