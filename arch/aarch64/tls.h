// SPDX-License-Identifier: MIT
// Thread-local storage, variant I: the thread pointer (tpidr_el0) points at the TCB, two words that belong to libc; the
// program's TLS image follows. The stack protector's canary is the global __stack_chk_guard.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mstart::arch {

struct Tcb {
  uintptr_t unused[2];
};
static_assert(sizeof(Tcb) == 16);

// PT_TLS of the program: `misalign` is p_vaddr modulo p_align, which the run-time block must keep.
struct TlsImage {
  const void* data = nullptr;
  size_t file_size = 0;
  size_t mem_size = 0;
  size_t align = 1;
  size_t misalign = 0;
};

// Where the image goes, from the thread pointer. For variant I it starts right after the TCB, or at the next address that
// is congruent to p_vaddr.
inline size_t tls_image_offset(const TlsImage& image) {
  return sizeof(Tcb) + ((image.misalign - sizeof(Tcb)) & (image.align - 1));
}

// How much room a block takes, and where in it, from a start aligned to tls_block_align, the thread pointer is.
inline size_t tls_block_align(const TlsImage& image) { return image.align < alignof(Tcb) ? alignof(Tcb) : image.align; }
inline size_t tls_before_tp(const TlsImage&) { return 0; }
inline size_t tls_block_size(const TlsImage& image) { return tls_image_offset(image) + image.mem_size; }

inline char* tls_image_at(void* tp, const TlsImage& image) { return static_cast<char*>(tp) + tls_image_offset(image); }

// Makes the words that the ABI wants at the thread pointer: nobody reads them without libc. (On x86-64 the canary is here.)
inline void tls_init_tcb(void* tp, uintptr_t) { *static_cast<Tcb*>(tp) = {}; }

inline void* thread_pointer() {
  void* tp;
  asm("mrs %0, tpidr_el0" : "=r"(tp));
  return tp;
}

// The main thread's way; all others get theirs by CLONE_SETTLS. No system call: it cannot fail.
inline long set_thread_pointer(void* tp) {
  asm volatile("msr tpidr_el0, %0" ::"r"(tp) : "memory");
  return 0;
}

// The offset of the thread_local `mstart_g` from the thread pointer.
inline ptrdiff_t g_tls_offset() {
  ptrdiff_t offset;
  asm("adrp %0, :gottprel:mstart_g\n\tldr %0, [%0, :gottprel_lo12:mstart_g]" : "=r"(offset));
  return offset;
}

// The current g. volatile: a compiler must not keep what it read before a switch, nor its address (I6).
[[gnu::always_inline]] inline void* load_g() {
  void *g, *offset;
  asm volatile(
      "adrp %1, :gottprel:mstart_g\n\t"
      "mrs %0, tpidr_el0\n\t"
      "ldr %1, [%1, :gottprel_lo12:mstart_g]\n\t"
      "ldr %0, [%0, %1]"
      : "=&r"(g), "=&r"(offset)::);
  return g;
}
[[gnu::always_inline]] inline void store_g(void* g) {
  void *tp, *offset;
  asm volatile(
      "adrp %1, :gottprel:mstart_g\n\t"
      "mrs %0, tpidr_el0\n\t"
      "ldr %1, [%1, :gottprel_lo12:mstart_g]\n\t"
      "str %2, [%0, %1]"
      : "=&r"(tp), "=&r"(offset)
      : "r"(g)
      : "memory");
}

}  // namespace mstart::arch
