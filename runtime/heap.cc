// SPDX-License-Identifier: MIT
// A span is 64 KiB at a multiple of 64 KiB: a head of 64 bytes, then blocks of one size. Spans come from chunks of 1 MiB
// and are cut as blocks are asked for, so memory that nobody asked for is not backed. A freed block goes to the list of its
// size, which is in its span's head, which is found by masking the block's address.
//
// Sizes: every 16 bytes up to 128, then four to a doubling, up to 16 KiB. So at most a fifth of a block is wasted.
//
// An aligned block is a place within a larger one; heap_free finds the start of that by a division. Larger blocks than the
// largest size are a mapping each, with a head of the same form at its first multiple of 64 KiB.
#include "runtime/heap.h"

#include <mstart/go.h>

#include <atomic>
#include <bit>
#include <cstdint>
#include <utility>

#include "os/mem.h"
#include "runtime/check.h"
#include "runtime/lock.h"

namespace mstart::runtime {
namespace {

constexpr size_t kUnit = 16;
constexpr size_t kSpan = size_t{64} * 1024;
constexpr size_t kChunk = size_t{1024} * 1024;
constexpr size_t kHead = 64;
constexpr size_t kLargest = size_t{16} * 1024;
constexpr size_t kMaxAlign = kSpan / 2;

struct Free {
  Free* next;
};

// Blocks of one size.
struct SizeClass {
  Free* free = nullptr;
  char* fresh = nullptr;  // [fresh, end): what is not cut yet of the newest span
  char* end = nullptr;
};

struct Span {
  SizeClass* blocks;    // null: one block in a mapping of its own
  uint32_t size;        // of a block
  uint32_t reciprocal;  // 2^32 / size, rounded up: exact for offsets within a span
  char* mapping;
  size_t mapped;
};
static_assert(sizeof(Span) <= kHead);

// The size of a request, in units, and its index: eight sizes of one unit more each, then four to each doubling.
struct SizeIndex {
  unsigned shift, step;
  explicit SizeIndex(size_t bytes) {
    const auto above = static_cast<unsigned>((bytes - 1) / kUnit);  // size in units, less one
    shift = above < 8 ? 0 : static_cast<unsigned>(std::bit_width(above)) - 3;
    step = above >> shift;
  }
  unsigned index() const { return 4 * shift + step; }
  uint32_t size() const { return static_cast<uint32_t>(((step + 1) << shift) * kUnit); }
};
constexpr size_t kSizes = 36;  // SizeIndex(kLargest).index() + 1

constinit Lock lock{Rank::kHeap};
constinit SizeClass size_classes[kSizes];
constinit char* next_span = nullptr;  // [next_span, spans_end): what is left of the newest chunk
constinit char* spans_end = nullptr;

// Mappings of large blocks. An munmap comes before the mmap that is given the same addresses, but only the kernel knows
// that; this is where the language (and ThreadSanitizer) can see it.
constinit std::atomic<size_t> large_blocks{0};

// Under the lock. Null: no memory.
char* take_span() {
  if (next_span == spans_end) {
    const Result<char*> chunk = os::map_pages(kChunk + kSpan);
    if (!chunk) return nullptr;
    next_span = os::align_up(*chunk, kSpan);
    spans_end = next_span + kChunk;
  }
  return std::exchange(next_span, next_span + kSpan);
}

void* alloc_small(size_t bytes) {
  const SizeIndex which(bytes);
  const uint32_t size = which.size();
  LockGuard guard(lock);
  SizeClass& c = size_classes[which.index()];
  if (Free* block = c.free; block != nullptr) {
    c.free = block->next;
    return block;
  }
  if (static_cast<size_t>(c.end - c.fresh) < size) {
    char* span = take_span();
    if (span == nullptr) return nullptr;
    *reinterpret_cast<Span*>(span) = {&c, size, static_cast<uint32_t>(((uint64_t{1} << 32) + size - 1) / size), nullptr,
                                      0};
    c.fresh = span + kHead;
    c.end = span + kSpan;
  }
  return std::exchange(c.fresh, c.fresh + size);
}

void* alloc_large(size_t bytes, size_t align) {
  const size_t head = align < kHead ? kHead : align;
  const size_t mapped = kSpan + head + bytes;
  const Result<char*> mapping = os::map_pages(mapped);
  if (!mapping) return nullptr;
  large_blocks.fetch_add(1, std::memory_order_acquire);  // [heap:A]
  char* span = os::align_up(*mapping, kSpan);
  *reinterpret_cast<Span*>(span) = {nullptr, 0, 0, *mapping, mapped};
  return span + head;
}

}  // namespace

void* heap_alloc(size_t bytes, size_t align) {
  if (bytes > PTRDIFF_MAX || align > kMaxAlign) return nullptr;
  if (bytes == 0) bytes = 1;  // an address of its own
  const size_t with_slack = align <= kUnit ? bytes : bytes + align - kUnit;
  if (with_slack > kLargest) return alloc_large(bytes, align);
  auto* block = static_cast<char*>(alloc_small(with_slack));
  return align <= kUnit ? block : os::align_up(block, align);
}

void heap_free(void* p) {
  if (p == nullptr) return;
  const auto address = reinterpret_cast<uintptr_t>(p);
  auto* span = reinterpret_cast<Span*>(address & ~(kSpan - 1));
  if (span->blocks == nullptr) {
    char* const mapping = span->mapping;
    const size_t mapped = span->mapped;
    large_blocks.fetch_sub(1, std::memory_order_release);  // [heap:B]
    (void)os::munmap(mapping, mapped);
    return;
  }
  const uint64_t offset = (address & (kSpan - 1)) - kHead;
  const uint64_t index = (offset * span->reciprocal) >> 32;
  auto* block = reinterpret_cast<Free*>(reinterpret_cast<char*>(span) + kHead + index * span->size);
  LockGuard guard(lock);
  block->next = span->blocks->free;
  span->blocks->free = block;
}

}  // namespace mstart::runtime

namespace mstart::inline v0::detail {

void* heap_alloc(size_t bytes, size_t align) {
  void* p = runtime::heap_alloc(bytes, align);
  runtime::check(p != nullptr, "out of memory");
  return p;
}
void heap_free(void* p) { runtime::heap_free(p); }

}  // namespace mstart::inline v0::detail
