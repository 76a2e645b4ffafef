// SPDX-License-Identifier: MIT
// Thread-local storage, variant II: the thread pointer (fs base) points at the TCB, whose first word is its own address;
// the program's TLS image ends there. The stack protector's canary is at fs:0x28.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mstart::arch {

struct Tcb {
  Tcb* self;
  uintptr_t unused[4];
  uintptr_t canary;
  uintptr_t reserved[2];
};
static_assert(offsetof(Tcb, canary) == 0x28);

// PT_TLS of the program: `misalign` is p_vaddr modulo p_align, which the run-time block must keep.
struct TlsImage {
  const void* data = nullptr;
  size_t file_size = 0;
  size_t mem_size = 0;
  size_t align = 1;
  size_t misalign = 0;
};

// Where the image goes, down from the thread pointer. For variant II the image ends there when p_vaddr + p_memsz is
// aligned; otherwise it starts at the highest address below that is congruent to p_vaddr.
inline size_t tls_image_offset(const TlsImage& image) {
  return image.mem_size + ((0 - image.mem_size - image.misalign) & (image.align - 1));
}

// How much room a block takes, and where in it, from a start aligned to tls_block_align, the thread pointer is.
inline size_t tls_block_align(const TlsImage& image) { return image.align < alignof(Tcb) ? alignof(Tcb) : image.align; }
inline size_t tls_before_tp(const TlsImage& image) {
  const size_t align = tls_block_align(image);
  return (tls_image_offset(image) + align - 1) & ~(align - 1);
}
inline size_t tls_block_size(const TlsImage& image) { return tls_before_tp(image) + sizeof(Tcb); }

inline char* tls_image_at(void* tp, const TlsImage& image) { return static_cast<char*>(tp) - tls_image_offset(image); }

// Makes the words that the ABI wants at the thread pointer. (On AArch64 the canary is a global instead.)
inline void tls_init_tcb(void* tp, uintptr_t canary) {
  auto* tcb = static_cast<Tcb*>(tp);
  tcb->self = tcb;
  tcb->canary = canary;
}

inline void* thread_pointer() {
  void* tp;
  asm("movq %%fs:0, %0" : "=r"(tp));
  return tp;
}

// arch_prctl(ARCH_SET_FS): the main thread's way; all others get theirs by CLONE_SETTLS.
inline long set_thread_pointer(void* tp) {
  constexpr long kArchPrctl = 158, kArchSetFs = 0x1002;
  long result;
  asm volatile("syscall" : "=a"(result) : "a"(kArchPrctl), "D"(kArchSetFs), "S"(tp) : "rcx", "r11", "memory");
  return result;
}

// The offset of the thread_local `mstart_g` from the thread pointer.
inline ptrdiff_t g_tls_offset() {
  ptrdiff_t offset;
  asm("movq mstart_g@gottpoff(%%rip), %0" : "=r"(offset));
  return offset;
}

// The current g. volatile: a compiler must not keep what it read before a switch, nor its address (I6).
[[gnu::always_inline]] inline void* load_g() {
  void* g;
  asm volatile("movq mstart_g@gottpoff(%%rip), %0\n\tmovq %%fs:(%0), %0" : "=r"(g)::);
  return g;
}
[[gnu::always_inline]] inline void store_g(void* g) {
  void* offset;
  asm volatile("movq mstart_g@gottpoff(%%rip), %0\n\tmovq %1, %%fs:(%0)" : "=&r"(offset) : "r"(g) : "memory");
}

}  // namespace mstart::arch
