// SPDX-License-Identifier: MIT
// Where the parts of an M's slot are, and how a slot becomes an M.
#include "runtime/machine_slab.h"

#include <new>

#include "os/auxv.h"
#include "os/mem.h"
#include "os/signal.h"
#include "runtime/sched.h"

namespace mstart::runtime {
namespace {

// Its deepest calls, and a signal's frame before the signal stack is set (I10).
size_t g0_stack_bytes() {
  constexpr size_t kLeast = size_t{16} * 1024, kCalls = size_t{12} * 1024;
  return os::min_signal_stack + kCalls > kLeast ? os::min_signal_stack + kCalls : kLeast;
}
constexpr uint32_t kChunk = 8;

struct Slab {
  Lock lock{Rank::kStacks};
  char* fresh = nullptr;
  uint32_t fresh_count = 0;
};
constinit Slab slab;

// Where things are in a slot, as offsets from its start.
struct Layout {
  size_t signal_stack, g0_guard, tls, m, bytes;
  size_t align;  // of a slot
  Layout() {
    const arch::TlsImage& image = os::process_start.tls;
    const size_t page = os::page_size;
    const size_t tls_align = arch::tls_block_align(image);
    align = tls_align > page ? tls_align : page;
    signal_stack = page;
    g0_guard = os::align_up(signal_stack + os::signal_stack_bytes(), page);
    tls = os::align_up(g0_guard + page + g0_stack_bytes(), tls_align);
    m = os::align_up(tls + arch::tls_block_size(image), alignof(M));
    bytes = os::align_up(m + sizeof(M), align);
    // What rounding has left over goes to the stack: everything else as high as it can be.
    const size_t spare = (bytes - m - sizeof(M)) & ~(tls_align - 1) & ~(alignof(M) - 1);
    tls += spare;
    m += spare;
  }
};

M* place_m(char* slot) {
  const Layout layout;
  const arch::TlsImage& image = os::process_start.tls;
  M* m = new (slot + layout.m) M();  // (): all of it is zeroed at once, where M would store member by member
  m->signal_stack = slot + layout.signal_stack;
  m->g0.stack = {slot + layout.g0_guard + os::page_size, slot + (layout.tls & ~size_t{15})};
  m->g0.m = m;
  if (iscgo) return m;  // libc makes the TLS block, and lays it out otherwise
  m->tls = slot + layout.tls + arch::tls_before_tp(image);
  char* data = arch::tls_image_at(m->tls, image);
  __builtin_memset(slot + layout.tls, 0, arch::tls_block_size(image));
  if (image.file_size != 0) __builtin_memcpy(data, image.data, image.file_size);
  arch::tls_init_tcb(m->tls, os::process_start.canary);
  // The child's current g from its first instruction on.
  *reinterpret_cast<G**>(static_cast<char*>(m->tls) + arch::g_tls_offset()) = &m->g0;
  return m;
}

Result<void> map_chunk() {
  const Layout layout;
  const size_t mapped = kChunk * layout.bytes + layout.align - os::page_size;
  const Result<char*> mapping = os::map_stacks(mapped);
  if (!mapping) return mapping.error();
  char* const base = os::align_up(*mapping, layout.align);
  for (const size_t guard : {size_t{0}, layout.g0_guard}) {
    const Result<void> r = os::install_guards(base + guard, layout.bytes, kChunk);
    if (!r) {
      (void)os::munmap(*mapping, mapped);
      return r;
    }
  }
  slab.fresh = base;
  slab.fresh_count = kChunk;
  return {};
}

}  // namespace

M* new_m() {
  char* slot;
  {
    LockGuard guard(slab.lock);
    if (slab.fresh_count == 0 && !map_chunk()) return nullptr;
    slot = slab.fresh;
    slab.fresh += Layout().bytes;
    --slab.fresh_count;
  }
  return place_m(slot);
}

M* renew_m(M* m) { return place_m(reinterpret_cast<char*>(m) - Layout().m); }

}  // namespace mstart::runtime
