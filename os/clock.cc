// SPDX-License-Identifier: MIT
// The vDSO is a small shared library that the kernel maps into every process. We look its one function up ourselves, by a
// walk over .dynsym, whose length DT_HASH tells, or, where the kernel ships only DT_GNU_HASH, the end of the last chain.
#include "os/clock.h"

#include <elf.h>

#include <atomic>

#include "arch/arch.h"
#include "os/sys.h"

namespace mstart::os {
namespace {

constinit std::atomic<ClockGettime> source{nullptr};  // first the vDSO's

bool same(const char* a, const char* b) {
  while (*a != 0 && *a == *b) ++a, ++b;
  return *a == *b;
}

struct Dynamic {
  const char* strings = nullptr;
  const Elf64_Sym* symbols = nullptr;
  const uint32_t* hash = nullptr;
  const uint32_t* gnu_hash = nullptr;

  uint32_t symbol_count() const {
    if (hash != nullptr) return hash[1];
    if (gnu_hash == nullptr) return 0;
    const uint32_t buckets = gnu_hash[0], first = gnu_hash[1], bloom_words = gnu_hash[2];
    const uint32_t* bucket = gnu_hash + 4 + 2 * bloom_words;
    const uint32_t* chain = bucket + buckets;
    uint32_t last = 0;
    for (uint32_t i = 0; i < buckets; ++i) last = bucket[i] > last ? bucket[i] : last;
    if (last < first) return first;
    while ((chain[last - first] & 1) == 0) ++last;
    return last + 1;
  }
};

const void* find_in_vdso(const char* base, const char* name) {
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(base);
  const auto* segment = reinterpret_cast<const Elf64_Phdr*>(base + header->e_phoff);
  const Elf64_Dyn* dynamic = nullptr;
  const char* load = nullptr;  // what addresses in the file are relative to
  for (int i = 0; i < header->e_phnum; ++i) {
    if (segment[i].p_type == PT_LOAD && load == nullptr) load = base + segment[i].p_offset - segment[i].p_vaddr;
    if (segment[i].p_type == PT_DYNAMIC) dynamic = reinterpret_cast<const Elf64_Dyn*>(base + segment[i].p_offset);
  }
  if (load == nullptr || dynamic == nullptr) return nullptr;
  Dynamic found;
  for (; dynamic->d_tag != DT_NULL; ++dynamic) {
    const char* at = load + dynamic->d_un.d_ptr;
    if (dynamic->d_tag == DT_STRTAB) found.strings = at;
    if (dynamic->d_tag == DT_SYMTAB) found.symbols = reinterpret_cast<const Elf64_Sym*>(at);
    if (dynamic->d_tag == DT_HASH) found.hash = reinterpret_cast<const uint32_t*>(at);
    if (dynamic->d_tag == DT_GNU_HASH) found.gnu_hash = reinterpret_cast<const uint32_t*>(at);
  }
  if (found.strings == nullptr || found.symbols == nullptr) return nullptr;
  const uint32_t count = found.symbol_count();
  for (uint32_t i = 1; i < count; ++i) {
    const Elf64_Sym& symbol = found.symbols[i];
    if (symbol.st_shndx != SHN_UNDEF && same(found.strings + symbol.st_name, name)) return load + symbol.st_value;
  }
  return nullptr;
}

constexpr int kMonotonic = 1, kRealtime = 0;

int64_t now(int clock, ClockGettime read) {
  Timespec t{};
  if (read == nullptr || read(clock, &t) != 0) (void)clock_gettime(clock, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

void init_clock(const void* vdso) {
  if (vdso == nullptr) return;
  set_clock(reinterpret_cast<ClockGettime>(
      const_cast<void*>(find_in_vdso(static_cast<const char*>(vdso), arch::kVdsoClockGettime))));
}

ClockGettime set_clock(ClockGettime read) { return source.exchange(read, std::memory_order_relaxed); }

int64_t nanotime() { return now(kMonotonic, source.load(std::memory_order_relaxed)); }
int64_t walltime() { return now(kRealtime, source.load(std::memory_order_relaxed)); }
int64_t kernel_nanotime() { return now(kMonotonic, nullptr); }

}  // namespace mstart::os
