// SPDX-License-Identifier: MIT
// The program as the linker left it: where it was loaded, which segments the start needs, and static-PIE's own relocation.
//
// load() runs before any address in memory is right. So it touches nothing but its own header, which it finds by an
// address relative to the program counter (`__ehdr_start` is the linker's, hidden and strong: a weak one would be loaded
// from memory), and it calls nothing but functions of this file: others might be reached through a table that is not
// relocated yet.
#pragma once

#include <elf.h>

#include <cstdint>

#include "arch/arch.h"

extern "C" {
[[gnu::visibility("hidden")]] extern const Elf64_Ehdr __ehdr_start;
}

namespace mstart::os {

struct LoadedImage {
  uintptr_t bias;            // what was added to the linker's addresses; 0 if not a static-PIE
  const uintptr_t* dynamic;  // .dynamic, null if not a static-PIE
  const Elf64_Phdr* tls;
  const Elf64_Phdr* relro;
};

template <class T>
[[gnu::always_inline]] inline T at(uintptr_t address) {
  return reinterpret_cast<T>(address);
}

// The value of `tag` in a list of tags and values that ends with tag 0, as .dynamic and the auxiliary vector are; 0 if it is
// not there.
[[gnu::noinline]] static uintptr_t find(const uintptr_t* list, uintptr_t tag) {
  for (; *list != 0; list += 2) {
    if (*list == tag) return list[1];
  }
  return 0;
}

// Applies the relocations of one type in the table that .dynamic tells of. RELATIVE: a slot that holds an address.
// IRELATIVE: one that holds what a function of the program returns (ifunc); on AArch64 that is told the hardware's
// capabilities, in the form that has no second argument (sys/ifunc.h); elsewhere it does not look.
[[gnu::noinline]] static void apply_rela(const LoadedImage& image, uintptr_t table, uintptr_t table_size, uint32_t type,
                                         uint64_t hwcap) {
  using Resolver = uint64_t(uint64_t hwcap);
  const auto* r = at<const Elf64_Rela*>(image.bias + find(image.dynamic, table));
  for (uintptr_t n = find(image.dynamic, table_size); n != 0; n -= sizeof *r, ++r) {
    if (static_cast<uint32_t>(r->r_info) != type) continue;
    uintptr_t value = image.bias + static_cast<uintptr_t>(r->r_addend);
    if (type == arch::kRelocIrelative) value = at<Resolver*>(value)(hwcap);
    *at<uintptr_t*>(image.bias + r->r_offset) = value;
  }
}

// RELATIVE again, packed (DT_RELR): an even entry is the address of a word; each odd one that follows has a bit for each of
// the next 63 words.
[[gnu::always_inline]] inline void apply_relr(const LoadedImage& image) {
  const uintptr_t bias = image.bias;
  const auto* relr = at<const Elf64_Relr*>(bias + find(image.dynamic, DT_RELR));
  uintptr_t* word = nullptr;
  for (uintptr_t n = find(image.dynamic, DT_RELRSZ); n != 0; n -= sizeof *relr) {
    uintptr_t entry = *relr++;
    if ((entry & 1) == 0) {
      word = at<uintptr_t*>(bias + entry);
      *word++ += bias;
      continue;
    }
    for (uintptr_t* next = word; (entry >>= 1) != 0; ++next) {
      if ((entry & 1) != 0) *next += bias;
    }
    word += 63;
  }
}

// Looks through the segments; relocates a static-PIE.
[[gnu::always_inline]] inline void load(LoadedImage& image) {
  uintptr_t bias = 0, dynamic = 0;
  const Elf64_Phdr *tls = nullptr, *relro = nullptr;
  const auto header = reinterpret_cast<uintptr_t>(&__ehdr_start);
  const auto* segment = at<const Elf64_Phdr*>(header + __ehdr_start.e_phoff);
  for (unsigned n = __ehdr_start.e_phnum; n != 0; --n, ++segment) {
    const uint32_t type = segment->p_type;
    if (type == PT_LOAD && segment->p_offset == 0) bias = header - segment->p_vaddr;
    if (type == PT_DYNAMIC) dynamic = segment->p_vaddr;
    if (type == PT_TLS) tls = segment;
    if (type == PT_GNU_RELRO) relro = segment;
  }
  image = {bias, nullptr, tls, relro};
  if (dynamic == 0) return;
  image.dynamic = at<const uintptr_t*>(bias + dynamic);
  apply_rela(image, DT_RELA, DT_RELASZ, arch::kRelocRelative, 0);
  apply_relr(image);
}

}  // namespace mstart::os
