// SPDX-License-Identifier: MIT
// arch/: every switch with every callee-saved register poisoned before and trashed in between, stacks as an unwinder sees
// them (arch/ is assembled for this with CFI_SECTIONS=.eh_frame), the TLS block's layout against made-up images and against
// the linker's, a thread made and ended by raw clone(2).
#include "arch/arch.h"

#include <doctest/doctest.h>
#include <elf.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include <atomic>
#include <cerrno>
#include <cfenv>
#include <chrono>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <new>
#include <vector>

#include "tests/unit/scale.h"

namespace arch = mstart::arch;

// arch_signal_layout.cc
bool signal_layout_is_the_kernels();

extern "C" {

// arch_poison_*.S
[[gnu::visibility("hidden")]] uint64_t poisoned_call(void* fn, const void* a, const void* b, const void* c,
                                                     const void* d);
[[noreturn, gnu::visibility("hidden")]] void trash_and_gogo(void* context);
[[gnu::visibility("hidden")]] long traced_syscall(long number, long a, long b, long c);
[[gnu::visibility("hidden")]] extern const char traced_pc[];
[[gnu::visibility("hidden")]] extern uintptr_t traced_sp;
// switch.S
[[gnu::visibility("hidden")]] extern const char mstart_bottom[];

// The runtime's part of the contract.
[[gnu::tls_model("initial-exec")]] constinit thread_local void* mstart_g = nullptr;
[[noreturn]] void mstart_gmain();
void mstart_mstart0();
void mstart_mstart1();
[[noreturn]] void mstart_mexit();
}

namespace {

constexpr size_t kStackBytes = size_t{256} * 1024;

struct TestStack {
  alignas(16) std::byte bytes[kStackBytes] = {};
  void* top() { return bytes + kStackBytes; }
  bool holds(const void* p) const { return p >= bytes && p < bytes + kStackBytes; }
};
constinit TestStack stack_a, stack_b;
constinit arch::Context back, elsewhere;

template <class F>
void* address(F* fn) {
  return reinterpret_cast<void*>(fn);
}

// What an unwinder finds on the way up.
struct Frames {
  uintptr_t pc[64] = {};
  uintptr_t cfa[64] = {};
  int count = 0;
  _Unwind_Reason_Code end = _URC_NO_REASON;

  [[gnu::noinline]] void take() {
    count = 0;
    end = _Unwind_Backtrace(
        [](_Unwind_Context* context, void* to) {
          auto* frames = static_cast<Frames*>(to);
          if (frames->count == 64) return _URC_NORMAL_STOP;
          frames->pc[frames->count] = _Unwind_GetIP(context);
          frames->cfa[frames->count++] = _Unwind_GetCFA(context);
          return _URC_NO_REASON;
        },
        this);
  }
  bool ended_well() const { return end == _URC_END_OF_STACK && count > 1; }
  uintptr_t last() const { return pc[count - 1] != 0 ? pc[count - 1] : pc[count - 2]; }
  bool contains(const void* place) const {
    for (int i = 0; i < count; ++i) {
      if (pc[i] == reinterpret_cast<uintptr_t>(place)) return true;
    }
    return false;
  }
};

// What ran on another stack saw.
struct Seen {
  const void* arg = nullptr;
  void* frame = nullptr;
  int frames_here = 0;             // how many frame pointers until one leaves this stack
  const void* beyond = nullptr;    // where that one points
  const void* waits_in = nullptr;  // the frame above the one that left
  int calls = 0;
  Frames frames;

  [[gnu::always_inline]] void look(const void* with) {
    arg = with;
    frame = __builtin_frame_address(0);
    frames_here = 0;
    for (beyond = frame; stack_a.holds(beyond); beyond = *static_cast<void* const*>(beyond)) ++frames_here;
    frames.take();
    ++calls;  // not a tail call
  }
  // On stack_a, near its top, aligned, and the only frame there.
  bool at_the_bottom() const {
    return stack_a.holds(frame) && static_cast<std::byte*>(stack_a.top()) - static_cast<std::byte*>(frame) <= 512 &&
           reinterpret_cast<uintptr_t>(frame) % 16 == 0 && frames_here == 1;
  }
};
constinit Seen seen;

void look_and_come_back(void* to) {
  const auto* context = static_cast<arch::Context*>(to);
  seen.look(to);
  seen.waits_in = *static_cast<void* const*>(context->fp);
  arch::gogo(context);
}

}  // namespace

TEST_CASE("mcall keeps every callee-saved register") {
  for (int i = 0; i < 3; ++i) {
    CHECK(poisoned_call(address(arch::mcall), &back, stack_a.top(), address(trash_and_gogo), &back) == 0);
  }
}

TEST_CASE("mcall runs fn(arg) on the given stack, whose bottom unwinders see") {
  seen = {};
  arch::mcall(&back, stack_a.top(), look_and_come_back, &back);
  CHECK(seen.waits_in == __builtin_frame_address(0));
  CHECK(seen.arg == &back);
  CHECK(seen.at_the_bottom());
  CHECK(seen.beyond == nullptr);
  CHECK(seen.frames.ended_well());
  CHECK(seen.frames.last() == reinterpret_cast<uintptr_t>(mstart_bottom));
}

namespace {

[[gnu::noinline]] void switch_away(void* sp, void (*fn)(void*)) { arch::switch_live(&back, sp, fn, &back); }

constinit volatile uint64_t integers[14] = {3, 14, 15, 92, 65, 35, 89, 79, 32, 38, 46, 26, 43, 38};
constinit volatile double doubles[12] = {2.7, 1.8, 2.8, 1.8, 2.8, 4.5, 9.0, 4.5, 2.3, 5.3, 6.0, 2.8};

// More values than there are callee-saved registers, all of them alive on both sides.
[[gnu::noinline]] bool keeps_live_locals() {
  const uint64_t a = integers[0], b = integers[1], c = integers[2], d = integers[3], e = integers[4], f = integers[5],
                 g = integers[6], h = integers[7], i = integers[8], j = integers[9], k = integers[10], l = integers[11],
                 m = integers[12], n = integers[13];
  const double p = doubles[0], q = doubles[1], r = doubles[2], s = doubles[3], t = doubles[4], u = doubles[5],
               v = doubles[6], w = doubles[7], x = doubles[8], y = doubles[9], z = doubles[10], o = doubles[11];
  arch::switch_live(&back, stack_a.top(), trash_and_gogo, &back);
  return a == integers[0] && b == integers[1] && c == integers[2] && d == integers[3] && e == integers[4] &&
         f == integers[5] && g == integers[6] && h == integers[7] && i == integers[8] && j == integers[9] &&
         k == integers[10] && l == integers[11] && m == integers[12] && n == integers[13] && p == doubles[0] &&
         q == doubles[1] && r == doubles[2] && s == doubles[3] && t == doubles[4] && u == doubles[5] &&
         v == doubles[6] && w == doubles[7] && x == doubles[8] && y == doubles[9] && z == doubles[10] &&
         o == doubles[11];
}

}  // namespace

TEST_CASE("switch_live keeps what lives across it, and its caller every callee-saved register") {
  for (int i = 0; i < 3; ++i) {
    CHECK(poisoned_call(address(switch_away), stack_a.top(), address(trash_and_gogo), nullptr, nullptr) == 0);
    CHECK(keeps_live_locals());
  }
}

TEST_CASE("switch_live runs fn(arg) on the given stack, whose bottom unwinders see") {
  seen = {};
  switch_away(stack_a.top(), look_and_come_back);
  CHECK(seen.arg == &back);
  CHECK(seen.at_the_bottom());
  CHECK(seen.beyond == nullptr);
  CHECK(seen.frames.ended_well());
  CHECK(seen.frames.last() == reinterpret_cast<uintptr_t>(mstart_bottom));
}

namespace {

constexpr int kRounds = 1000;
constinit int played = 0;

void continue_at(void* to) { arch::gogo_live(static_cast<arch::Context*>(to)); }

void play(void*) {
  for (;;) {
    ++played;
    arch::switch_live(&elsewhere, stack_b.top(), continue_at, &back);
  }
}

}  // namespace

TEST_CASE("two contexts take turns") {
  played = 0;
  arch::switch_live(&back, stack_a.top(), play, nullptr);
  for (int i = 1; i < kRounds; ++i) {
    REQUIRE(played == i);
    arch::switch_live(&back, stack_b.top(), continue_at, &elsewhere);
  }
  CHECK(played == kRounds);
}

void mstart_gmain() {
  seen.look(nullptr);
  arch::gogo(&back);
}

TEST_CASE("gentry starts a G on an aligned stack, whose bottom it is") {
  seen = {};
  elsewhere = {.sp = stack_a.top(), .pc = address(arch::gentry), .fp = nullptr};
  CHECK(poisoned_call(address(arch::mcall), &back, stack_b.top(), address(continue_at), &elsewhere) == 0);
  CHECK(seen.calls == 1);
  CHECK(seen.at_the_bottom());
  CHECK(seen.beyond == nullptr);
  CHECK(seen.frames.ended_well());
  CHECK(seen.frames.last() - reinterpret_cast<uintptr_t>(address(arch::gentry)) <= 32);
}

namespace {

void look(void* arg) { seen.look(arg); }

}  // namespace

TEST_CASE("asmcgocall calls on the given stack and keeps every callee-saved register") {
  seen = {};
  CHECK(poisoned_call(address(arch::asmcgocall), address(look), &seen, stack_a.top(), nullptr) == 0);
  CHECK(seen.calls == 1);
  CHECK(seen.arg == &seen);
  CHECK(seen.at_the_bottom());
}

TEST_CASE("unwinders walk through asmcgocall to its caller's stack") {
  seen = {};
  Frames here;
  here.take();
  arch::asmcgocall(look, nullptr, stack_a.top());
  CHECK(seen.at_the_bottom());
  CHECK(!stack_b.holds(seen.beyond));
  CHECK(seen.beyond != nullptr);
  CHECK(seen.frames.end == here.end);
  CHECK(seen.frames.count == here.count + 2);
  CHECK(seen.frames.last() == here.last());
}

namespace {

enum class Step { kNone, kMstart0, kMstart1, kMexit };
constinit Step step = Step::kNone;

[[noreturn]] void run_mstart(void*) { arch::mstart(); }

}  // namespace

void mstart_mstart0() {
  if (step == Step::kNone) step = Step::kMstart0;
}

// As the runtime does: the place after the call is where g0 is continued, from some frame further down.
void mstart_mstart1() {
  if (step == Step::kMstart0) step = Step::kMstart1;
  elsewhere = {.sp = __builtin_dwarf_cfa(), .pc = __builtin_return_address(0), .fp = nullptr};
  trash_and_gogo(&elsewhere);
}

void mstart_mexit() {
  if (step == Step::kMstart1) step = Step::kMexit;
  seen.look(nullptr);
  arch::gogo(&back);
}

TEST_CASE("mstart can be continued after mstart1, and goes on to mexit") {
  seen = {};
  step = Step::kNone;
  CHECK(poisoned_call(address(arch::mcall), &back, stack_a.top(), address(run_mstart), nullptr) == 0);
  CHECK(step == Step::kMexit);
  CHECK(stack_a.holds(seen.frame));
  CHECK(seen.frames_here == 1);
  CHECK(seen.beyond == nullptr);
  CHECK(seen.frames.ended_well());
  CHECK(seen.frames.last() - reinterpret_cast<uintptr_t>(address(arch::mstart)) <= 48);
}

namespace {

int first_g, second_g;

void change_g(void* to) {
  arch::store_g(&second_g);
  arch::gogo(static_cast<arch::Context*>(to));
}

}  // namespace

TEST_CASE("load_g and store_g mean the thread's own mstart_g, before and after a switch") {
  CHECK(arch::load_g() == nullptr);
  arch::store_g(&first_g);
  CHECK(mstart_g == &first_g);
  CHECK(arch::load_g() == &first_g);
  switch_away(stack_a.top(), change_g);
  CHECK(arch::load_g() == &second_g);
  CHECK(static_cast<char*>(arch::thread_pointer()) + arch::g_tls_offset() == reinterpret_cast<char*>(&mstart_g));
  arch::store_g(nullptr);
  CHECK(mstart_g == nullptr);
}

namespace {

// Whether every promise of tls.h holds for a block that starts at `start`.
bool layout_holds(const arch::TlsImage& image, uintptr_t start) {
  const uintptr_t end = start + arch::tls_block_size(image);
  const uintptr_t tp = start + arch::tls_before_tp(image);
  const auto data = reinterpret_cast<uintptr_t>(arch::tls_image_at(reinterpret_cast<void*>(tp), image));
  const uintptr_t data_end = data + image.mem_size, tcb_end = tp + sizeof(arch::Tcb);
  const bool below = data_end <= tp, above = data >= tcb_end;
  const uintptr_t gap = below ? tp - data_end : data - tcb_end;
  return data % image.align == image.misalign && tp % image.align == 0 && tp % alignof(arch::Tcb) == 0 &&
         data >= start && data_end <= end && tcb_end <= end && (below || above) && gap < image.align;
}

}  // namespace

TEST_CASE("TLS blocks hold images of any size, alignment and misalignment") {
  int wrong = 0;
  for (const size_t align : {1, 2, 8, 16, 64, 4096}) {
    for (const size_t misalign : {size_t{0}, size_t{1}, size_t{4}, size_t{8}, size_t{12}, align / 2, align - 1}) {
      for (const size_t size : {0, 1, 7, 8, 16, 100, 4096, 5000}) {
        if (misalign >= align) continue;
        const arch::TlsImage image{
            .data = nullptr, .file_size = 0, .mem_size = size, .align = align, .misalign = misalign};
        const size_t block_align = arch::tls_block_align(image);
        CHECK(block_align % align == 0);
        // A start that is aligned to no more than it must be.
        if (!layout_holds(image, 0x10000001 * block_align)) ++wrong;
      }
    }
  }
  CHECK(wrong == 0);
}

namespace {

constexpr uint64_t kMark = 0x1234'5678'9abc'def0;
// volatile: it is the memory that is looked at.
constinit thread_local volatile uint64_t marked = kMark;
alignas(256) constinit thread_local volatile uint64_t aligned = ~kMark;
alignas(512) constinit thread_local volatile uint64_t zero = 0;

// This program's own PT_TLS.
arch::TlsImage own_image() {
  const auto* segment = reinterpret_cast<const Elf64_Phdr*>(getauxval(AT_PHDR));
  const size_t count = getauxval(AT_PHNUM);
  uintptr_t bias = 0;
  for (size_t i = 0; i < count; ++i) {
    if (segment[i].p_type == PT_PHDR) bias = reinterpret_cast<uintptr_t>(segment) - segment[i].p_vaddr;
  }
  for (size_t i = 0; i < count; ++i) {
    if (segment[i].p_type != PT_TLS) continue;
    const Elf64_Phdr& tls = segment[i];
    return {.data = reinterpret_cast<const void*>(bias + tls.p_vaddr),
            .file_size = tls.p_filesz,
            .mem_size = tls.p_memsz,
            .align = tls.p_align,
            .misalign = tls.p_vaddr & (tls.p_align - 1)};
  }
  return {};
}

// Where a thread_local of this thread has its first value.
uint64_t first_value(const arch::TlsImage& image, volatile uint64_t& variable) {
  const auto offset =
      reinterpret_cast<char*>(const_cast<uint64_t*>(&variable)) - arch::tls_image_at(arch::thread_pointer(), image);
  uint64_t value = 0;
  if (offset >= 0 && static_cast<size_t>(offset) + sizeof value <= image.file_size) {
    memcpy(&value, static_cast<const char*>(image.data) + offset, sizeof value);
  }
  return value;
}

}  // namespace

TEST_CASE("the linker and tls_image_at mean the same places") {
  const arch::TlsImage image = own_image();
  REQUIRE(image.mem_size > 0);
  CHECK(image.align >= 512);
  CHECK(marked == kMark);
  CHECK(first_value(image, marked) == kMark);
  CHECK(first_value(image, aligned) == ~kMark);
}

namespace {

// A TLS block of this program, as the runtime makes them.
class TlsBlock {
 public:
  explicit TlsBlock(const arch::TlsImage& image)
      : align_{arch::tls_block_align(image)},
        start_{static_cast<char*>(operator new(arch::tls_block_size(image), align_))},
        tp_{start_ + arch::tls_before_tp(image)} {
    memset(start_, 0, arch::tls_block_size(image));
    memcpy(arch::tls_image_at(tp_, image), image.data, image.file_size);
    arch::tls_init_tcb(tp_, 0xcafe00);
  }
  ~TlsBlock() { operator delete(start_, align_); }
  TlsBlock(const TlsBlock&) = delete;
  TlsBlock& operator=(const TlsBlock&) = delete;
  void* tp() const { return tp_; }
  void set_g(void* g) const { *reinterpret_cast<void**>(tp_ + arch::g_tls_offset()) = g; }

 private:
  std::align_val_t align_;
  char* start_;
  char* tp_;
};

struct Child {
  std::atomic<int> tid{-1};
  uint64_t stamp = 0;
  uint64_t ran_at = 0;
  const void* g = nullptr;
  const void* tp = nullptr;
  const void* frame = nullptr;
  const void* beyond = &beyond;
  uint64_t marked = 0;
  uint64_t aligned = 0;
  uint64_t zero = 1;
  const volatile uint64_t* aligned_at = nullptr;
  const volatile uint64_t* zero_at = nullptr;
};

// On a thread that libc knows nothing of: no libc here.
void child_main(void* arg) {
  auto* child = static_cast<Child*>(arg);
  child->ran_at = arch::cycles();
  child->g = arch::load_g();
  child->tp = arch::thread_pointer();
  child->frame = __builtin_frame_address(0);
  child->beyond = *static_cast<void* const*>(child->frame);
  child->marked = marked;
  child->aligned = aligned;
  child->zero = zero;
  child->aligned_at = &aligned;
  child->zero_at = &zero;
  arch::exit_thread();
}

constexpr unsigned long kThread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                                  CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

}  // namespace

TEST_CASE("clone_thread runs fn(arg) with its TLS on its stack; exit_thread ends it") {
  if (mstart::test::kTsan || mstart::test::kAsan) return;  // they watch over libc's threads alone
  const TlsBlock block(own_image());
  for (const bool stamped : {true, false}) {
    Child child;
    block.set_g(&child);
    const uint64_t before = arch::cycles();
    const long r = arch::clone_thread(kThread, stack_a.top(), reinterpret_cast<int*>(&child.tid), block.tp(),
                                      child_main, &child, stamped ? &child.stamp : nullptr);
    REQUIRE(r > 0);
    for (int tid; (tid = child.tid.load(std::memory_order_acquire)) != 0;) {
      CHECK(tid == r);
      // The kernel's wake for CLEARTID is not a private one.
      arch::syscall(SYS_futex, reinterpret_cast<long>(&child.tid), FUTEX_WAIT, tid);
    }
    CHECK(child.ran_at > before);
    if (stamped) {
      CHECK(child.stamp > before);
      CHECK(child.stamp <= child.ran_at);
    } else {
      CHECK(child.stamp == 0);
    }
    CHECK(child.g == &child);
    CHECK(child.tp == block.tp());
    CHECK(stack_a.holds(child.frame));
    CHECK(reinterpret_cast<uintptr_t>(child.frame) % 16 == 0);
    CHECK(child.beyond == nullptr);
    CHECK(child.marked == kMark);
    CHECK(child.aligned == ~kMark);
    CHECK(child.zero == 0);
    CHECK(reinterpret_cast<uintptr_t>(child.aligned_at) % 256 == 0);
    CHECK(reinterpret_cast<uintptr_t>(child.zero_at) % 512 == 0);
  }
}

TEST_CASE("clone_thread returns the kernel's refusal") {
  Child child;
  // THREAD without SIGHAND.
  CHECK(arch::clone_thread(CLONE_VM | CLONE_THREAD, stack_a.top(), reinterpret_cast<int*>(&child.tid), nullptr,
                           child_main, &child, &child.stamp) == -EINVAL);
  CHECK(child.stamp == 0);
  CHECK(child.tid.load() == -1);
}

namespace {

// The kernel's struct sigaction.
struct Action {
  void (*handler)(int, void* info, arch::SignalContext* context);
  unsigned long flags;
  void (*restorer)();
  uint64_t mask;
};
constexpr int kSigUsr1 = 10;
constexpr unsigned long kSigInfo = 4, kRestorer = 0x04000000;

constinit uintptr_t signal_pc = 0, signal_sp = 0;

void on_signal(int, void*, arch::SignalContext* context) {
  signal_pc = context->pc();
  signal_sp = context->sp();
  seen.look(nullptr);
}

}  // namespace

TEST_CASE("a signal handler sees where it came, unwinds to there, and returns by sigreturn") {
  if (mstart::test::kTsan) return;  // which puts its own frames in between
  CHECK(signal_layout_is_the_kernels());
  seen = {};
  signal_pc = signal_sp = 0;
  const Action action{on_signal, kSigInfo | kRestorer, arch::sigreturn, 0};
  Action old{};
  REQUIRE(arch::syscall(SYS_rt_sigaction, kSigUsr1, reinterpret_cast<long>(&action), reinterpret_cast<long>(&old), 8) ==
          0);
  const long pid = arch::syscall(SYS_getpid);
  CHECK(traced_syscall(SYS_tgkill, pid, arch::syscall(SYS_gettid), kSigUsr1) == 0);
  arch::syscall(SYS_rt_sigaction, kSigUsr1, reinterpret_cast<long>(&old), 0, 8);
  CHECK(seen.calls == 1);
  CHECK(signal_pc == reinterpret_cast<uintptr_t>(traced_pc));
  CHECK(signal_sp == traced_sp);
  CHECK(seen.frames.contains(traced_pc));
  Frames here;
  here.take();
  CHECK(seen.frames.last() == here.last());
}

TEST_CASE("syscall passes up to six arguments and returns the kernel's value") {
  CHECK(arch::syscall(SYS_getpid) == getpid());
  CHECK(arch::syscall(SYS_close, -1) == -EBADF);
  const long page = sysconf(_SC_PAGESIZE);
  const int fd = memfd_create("mstart-arch-test", 0);
  REQUIRE(fd >= 0);
  REQUIRE(pwrite(fd, "six", 3, page) == 3);
  const long at = arch::syscall(SYS_mmap, 0, page, PROT_READ, MAP_SHARED, fd, page);
  REQUIRE(at > 0);
  CHECK(memcmp(reinterpret_cast<const void*>(at), "six", 3) == 0);
  munmap(reinterpret_cast<void*>(at), static_cast<size_t>(page));
  close(fd);
}

TEST_CASE("cycles() does not go back, and cycles_hz() tells its rate or 0") {
  arch::cpu_relax();
  uint64_t last = arch::cycles();
  int backwards = 0;
  for (int i = 0; i < 10000; ++i) {
    const uint64_t now = arch::cycles();
    if (now < last) ++backwards;
    last = now;
  }
  CHECK(backwards == 0);

  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const uint64_t first = arch::cycles();
  while (Clock::now() - start < std::chrono::milliseconds(20)) arch::cpu_relax();
  const uint64_t ticks = arch::cycles() - first;
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  CHECK(ticks > 0);
  if (arch::cycles_hz() != 0) {
    const double ratio = static_cast<double>(ticks) / seconds / static_cast<double>(arch::cycles_hz());
    CHECK(ratio > 0.5);
    CHECK(ratio < 2);
  }
}

TEST_CASE("reset_fp_control brings the default rounding mode back") {
  // The nearest double is below a third and above a fifth: every other mode changes one of them.
  static constinit volatile double one = 1, three = 3, five = 5;
  const double third = one / three, fifth = one / five;
  REQUIRE(fegetround() == FE_TONEAREST);
  for (const int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    REQUIRE(fesetround(mode) == 0);
    const bool changed = one / three != third || one / five != fifth;
    arch::reset_fp_control();
    const bool restored = one / three == third && one / five == fifth;
    CHECK(changed);
    CHECK(restored);
    CHECK(fegetround() == FE_TONEAREST);
  }
}
