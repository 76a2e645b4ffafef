// SPDX-License-Identifier: MIT
// _start's C half: from the kernel's stack to main.
//
//   relocate (static-PIE) -> what the kernel tells -> TLS block, canary, thread pointer -> ifuncs -> RELRO read-only ->
//   the scheduler's start, if the program has the scheduler -> constructors -> main -> exit_group
//
// One system call (arch_prctl; AArch64 sets the thread pointer without), one more for RELRO if the program has it.
//
// The first stage runs with nothing relocated: no address from memory, no call. The second is reached through a pointer
// that the compiler cannot see through, so that nothing of it is moved before the relocation. Neither has a canary: this
// file, as all of ours, is compiled without the stack protector.
//
// The first thread's TLS block is on its stack, in the frame that is never left: whatever size and alignment it has, it
// costs no system call and cannot be refused.
#include "os/auxv.h"
#include "os/clock.h"
#include "os/mem.h"
#include "os/signal.h"
#include "os/start/relocate.h"
#include "os/sys.h"

extern "C" {
using Constructor = void (*)(int argc, char** argv, char** envp);
// The linker's.
[[gnu::visibility("hidden")]] extern const Constructor __preinit_array_start[];
[[gnu::visibility("hidden")]] extern const Constructor __preinit_array_end[];
[[gnu::visibility("hidden")]] extern const Constructor __init_array_start[];
[[gnu::visibility("hidden")]] extern const Constructor __init_array_end[];
// The ifuncs of a program that is not position-independent; a static-PIE has them in DT_RELA and DT_JMPREL.
[[gnu::weak]] extern const Elf64_Rela __rela_iplt_start[];
[[gnu::weak]] extern const Elf64_Rela __rela_iplt_end[];

// AArch64's canary, if some object has a stack protector (elsewhere it is in the TCB).
[[gnu::weak]] extern uintptr_t __stack_chk_guard;

// runtime/main.cc. Runs `program` on the first G and ends with its value; null: the program has no scheduler.
[[noreturn, gnu::weak]] void mstart_rt_main(int (*program)());
int mstart_main(int argc, char** argv, char** envp) asm("main");

[[noreturn]] void mstart_start_c(uintptr_t* stack);
}

namespace mstart::os {

// Null in a program that reads no clock.
[[gnu::weak]] void init_clock(const void* vdso);

namespace {

// Returns the auxiliary vector.
const uintptr_t* read_stack(uintptr_t* stack) {
  ProcessStart& start = process_start;
  start.argc = static_cast<int>(*stack);
  start.argv = reinterpret_cast<char**>(stack + 1);
  start.envp = start.argv + start.argc + 1;
  char** end = start.envp;
  while (*end != nullptr) ++end;
  const auto* aux = reinterpret_cast<const uintptr_t*>(end + 1);
  start.auxv = reinterpret_cast<const Elf64_auxv_t*>(aux);
  start.secure = find(aux, AT_SECURE) != 0;
  start.canary = *at<const uintptr_t*>(find(aux, AT_RANDOM)) & ~uintptr_t{0xff};  // ends strings
  page_size = find(aux, AT_PAGESZ);
  if (const uintptr_t size = find(aux, AT_MINSIGSTKSZ); size != 0) min_signal_stack = size;
  if (init_clock != nullptr) init_clock(at<const void*>(find(aux, AT_SYSINFO_EHDR)));
  return aux;
}

void find_tls(const LoadedImage& loaded) {
  if (loaded.tls == nullptr) return;
  arch::TlsImage& image = process_start.tls;
  const uintptr_t address = loaded.tls->p_vaddr;
  image.data = at<const void*>(loaded.bias + address);
  image.file_size = loaded.tls->p_filesz;
  image.mem_size = loaded.tls->p_memsz;
  image.align = loaded.tls->p_align;  // which the linker never leaves 0
  image.misalign = address & (image.align - 1);
}

void protect_relro(const LoadedImage& loaded) {
  if (loaded.relro == nullptr) return;
  const uintptr_t start = loaded.bias + loaded.relro->p_vaddr;
  const uintptr_t end = (start + loaded.relro->p_memsz) & -page_size;  // only what has its pages to itself
  (void)mprotect(at<void*>(start & -page_size), end - (start & -page_size), 1 /* PROT_READ */);
}

// The program itself, constructors first. No destructor of a static object runs after it.
int run_program() {
  const ProcessStart& start = process_start;
  const auto run = [](const Constructor* first, const Constructor* last) {
    for (; first != last; ++first) (*first)(start.argc, start.argv, start.envp);
  };
  run(__preinit_array_start, __preinit_array_end);
  run(__init_array_start, __init_array_end);
  return mstart_main(start.argc, start.argv, start.envp);
}

[[noreturn, gnu::noinline]] void start_relocated(uintptr_t* stack, LoadedImage* loaded) {
  const uintptr_t* aux = read_stack(stack);
  find_tls(*loaded);
  const arch::TlsImage& image = process_start.tls;
  const size_t align = arch::tls_block_align(image);
  const size_t size = arch::tls_block_size(image);
  char* block = align_up(static_cast<char*>(__builtin_alloca(size + align)), align);
  __builtin_memset(block, 0, size);
  void* tp = block + arch::tls_before_tp(image);
  if (image.file_size != 0) __builtin_memcpy(arch::tls_image_at(tp, image), image.data, image.file_size);
  arch::tls_init_tcb(tp, process_start.canary);
  if (&__stack_chk_guard != nullptr) __stack_chk_guard = process_start.canary;
  arch::set_thread_pointer(tp);

  // As if all programs had a .dynamic.
  const auto ifuncs = reinterpret_cast<uintptr_t>(__rela_iplt_start);
  const uintptr_t dynamic[] = {DT_JMPREL, ifuncs, DT_PLTRELSZ, reinterpret_cast<uintptr_t>(__rela_iplt_end) - ifuncs,
                               0};
  if (loaded->dynamic == nullptr) loaded->dynamic = dynamic;
  const uint64_t hwcap = find(aux, AT_HWCAP);
  apply_rela(*loaded, DT_RELA, DT_RELASZ, arch::kRelocIrelative, hwcap);
  apply_rela(*loaded, DT_JMPREL, DT_PLTRELSZ, arch::kRelocIrelative, hwcap);
  protect_relro(*loaded);
  if (mstart_rt_main != nullptr) mstart_rt_main(run_program);
  exit_group(run_program());
}

}  // namespace
}  // namespace mstart::os

void mstart_start_c(uintptr_t* stack) {
  using namespace mstart::os;
  LoadedImage image;
  load(image);
  auto* next = start_relocated;
  asm volatile("" : "+r"(next)::"memory");
  next(stack, &image);
  __builtin_unreachable();
}
