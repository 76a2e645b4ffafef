// SPDX-License-Identifier: MIT
// runtime/heap.h on host threads. (Also where a thread has no current g: these have none.)
#include "runtime/heap.h"

#include <doctest/doctest.h>
#include <mstart/go.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "scale.h"

using mstart::runtime::heap_alloc;
using mstart::runtime::heap_free;

namespace {

constexpr size_t kSpan = 65536;

uintptr_t address(const void* p) { return reinterpret_cast<uintptr_t>(p); }

// A block that knows what it must contain.
struct Block {
  unsigned char* data = nullptr;
  size_t size = 0;
  unsigned char mark = 0;

  Block() = default;
  Block(size_t bytes, size_t align, unsigned char with) : size(bytes), mark(with) {
    data = static_cast<unsigned char*>(heap_alloc(bytes, align));
    if (data != nullptr) std::memset(data, mark, size);
  }
  bool intact() const {
    return std::all_of(data, data + size, [this](unsigned char byte) { return byte == mark; });
  }
};

}  // namespace

TEST_CASE("blocks of every size are aligned, apart and writable to their end") {
  std::vector<Block> blocks;
  for (size_t size = 0; size <= 20000; size += size < 300 ? 1 : 61)
    blocks.emplace_back(size, 16, static_cast<unsigned char>(size));
  bool good = true;
  for (const Block& b : blocks) good &= b.data != nullptr && address(b.data) % 16 == 0 && b.intact();
  CHECK(good);
  std::sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) { return a.data < b.data; });
  bool apart = true;
  for (size_t i = 1; i < blocks.size(); ++i)
    apart &= blocks[i - 1].data + std::max<size_t>(blocks[i - 1].size, 1) <= blocks[i].data;
  CHECK(apart);
  for (const Block& b : blocks) heap_free(b.data);
}

TEST_CASE("alignments up to a page and beyond are kept, and such blocks can be freed") {
  for (int round = 0; round < 3; ++round) {
    std::vector<Block> blocks;
    bool good = true;
    for (size_t align = 1; align <= 32768; align *= 2) {
      for (const size_t size :
           {size_t{0}, size_t{1}, size_t{24}, align, align + 1, size_t{5000}, size_t{16384}, size_t{70000}}) {
        blocks.emplace_back(size, align, static_cast<unsigned char>(align ^ size));
        good &= blocks.back().data != nullptr && address(blocks.back().data) % align == 0;
      }
    }
    for (const Block& b : blocks) good &= b.intact();
    CHECK(good);
    std::set<unsigned char*> places;
    for (const Block& b : blocks) places.insert(b.data);
    CHECK(places.size() == blocks.size());
    for (const Block& b : blocks) heap_free(b.data);
  }
}

TEST_CASE("freed blocks are used again before new memory is") {
  std::set<uintptr_t> spans;
  for (int i = 0; i < 100000; ++i) {
    void* p = heap_alloc(static_cast<size_t>(i % 100) * 16, 16);
    spans.insert(address(p) / kSpan);
    heap_free(p);
  }
  CHECK(spans.size() <= 32);  // one for each size

  std::vector<void*> blocks(5000);
  std::set<void*> first;
  for (void*& p : blocks) first.insert(p = heap_alloc(100));
  for (void* p : blocks) heap_free(p);
  bool used_again = true;
  for (void*& p : blocks) used_again &= first.contains(p = heap_alloc(100));
  CHECK(used_again);
  for (void* p : blocks) heap_free(p);
}

TEST_CASE("a size's spans are filled to their end") {
  for (const size_t size : {size_t{16}, size_t{48}, size_t{112}, size_t{1024}, size_t{10240}, size_t{16384}}) {
    std::vector<Block> blocks;
    for (size_t used = 0; used < 4 * kSpan; used += size)
      blocks.emplace_back(size, 16, static_cast<unsigned char>(used / size));
    bool good = true;
    for (const Block& b : blocks) good &= b.intact() && address(b.data) % kSpan + size <= kSpan;
    CHECK(good);
    for (const Block& b : blocks) heap_free(b.data);
  }
}

TEST_CASE("large blocks are mappings that come and go") {
  const auto mapped_pages = [] {
    size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages;
  };
  const size_t before = mapped_pages();
  for (int i = 0; i < 200; ++i) {
    Block large(size_t{3} * 1024 * 1024 + static_cast<size_t>(i), 64, 7);
    REQUIRE(large.data != nullptr);
    CHECK(large.data[large.size - 1] == 7);
    heap_free(large.data);
  }
  CHECK(mapped_pages() < before + size_t{200} * 1024 * 1024 / 4096);  // of 600 MB
}

TEST_CASE("what cannot be had is null") {
  CHECK(heap_alloc(SIZE_MAX) == nullptr);
  CHECK(heap_alloc(SIZE_MAX / 2) == nullptr);
  CHECK(heap_alloc(SIZE_MAX, 4096) == nullptr);
  heap_free(nullptr);
}

TEST_CASE("many threads take blocks of one size, and give them back: each has its own") {
  std::atomic<int> spoiled{0};
  const auto work = [&](uint64_t number) {
    for (int i = 0; i < mstart::test::scaled(400000); ++i) {
      uint64_t* blocks[3];
      for (uint64_t*& block : blocks) {
        block = static_cast<uint64_t*>(heap_alloc(48));
        block[0] = block[5] = number;
      }
      for (uint64_t* block : blocks) {
        if (block[0] != number || block[5] != number) spoiled.fetch_add(1);
        block[0] = block[5] = 0;
        heap_free(block);
      }
    }
  };
  std::vector<std::thread> threads;
  for (uint64_t i = 1; i <= 4; ++i) threads.emplace_back(work, i);
  for (std::thread& t : threads) t.join();
  CHECK(spoiled.load() == 0);
}

TEST_CASE("many threads allocate and free, each other's blocks too") {
  constexpr int kThreads = 4, kSlots = 256;
  static std::atomic<Block*> slots[kSlots];
  std::atomic<int> spoiled{0};
  const auto work = [&](unsigned seed) {
    std::mt19937 random(seed);
    for (int i = 0; i < mstart::test::scaled(40000); ++i) {
      const unsigned kind = random() % 64;
      const size_t size = kind == 0 ? 20000 + random() % 30000 : kind < 8 ? random() % 16384 : random() % 200;
      const size_t align = kind % 16 == 1 ? size_t{16} << random() % 9 : 16;
      auto* mine = new (mstart::detail::heap_alloc(sizeof(Block), alignof(Block)))
          Block(size, align, static_cast<unsigned char>(random()));
      if (mine->data == nullptr || address(mine->data) % align != 0) spoiled.fetch_add(1);
      Block* other = slots[random() % kSlots].exchange(mine, std::memory_order_acq_rel);
      if (other == nullptr) continue;
      if (!other->intact()) spoiled.fetch_add(1);
      heap_free(other->data);
      mstart::detail::heap_free(other);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) threads.emplace_back(work, i + 1);
  for (std::thread& t : threads) t.join();
  CHECK(spoiled.load() == 0);
  for (auto& slot : slots) {
    if (Block* b = slot.exchange(nullptr); b != nullptr) {
      heap_free(b->data);
      heap_free(b);
    }
  }
}
