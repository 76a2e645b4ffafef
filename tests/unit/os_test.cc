// SPDX-License-Identifier: MIT
// What we ask of the kernel ourselves, in an ordinary process: guards, the clock, and threads by clone(2). The fallbacks are
// reached by seccomp filters in forked children, and under qemu-user anyway.
#include <doctest/doctest.h>
#include <elf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <initializer_list>
#include <thread>
#include <vector>

#include "os/clock.h"
#include "os/clone.h"
#include "os/mem.h"
#include "tests/unit/scale.h"

using mstart::Errno;
using mstart::test::emulated;
using mstart::test::scaled;
namespace os = mstart::os;

namespace {

// How a child process ends that runs f: its exit status, or minus the signal that killed it.
template <class F>
int in_child(F f) {
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) _exit(f());
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// From here on the calling process gets `answer` (an errno; 0: success without effect) from these system calls. False: no
// seccomp here (qemu-user passes it on to itself or refuses).
bool refuse(std::initializer_list<int> calls, int answer) {
  std::vector<sock_filter> code = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const int call : calls) {
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(answer)));
  }
  code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// ---- guards -----------------------------------------------------------------------------------------------------------

constexpr size_t kPage = 4096;
constexpr int kFaults = -SIGSEGV;

int read_at(const char* p) {
  signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would exit
  return *static_cast<const volatile char*>(p) == 0 ? 0 : 1;
}
int write_at(char* p) {
  signal(SIGSEGV, SIG_DFL);
  *static_cast<volatile char*>(p) = 1;
  return 0;
}

// How many mappings in /proc/self/maps begin in [p, p + bytes).
int mappings(const char* p, size_t bytes) {
  FILE* maps = fopen("/proc/self/maps", "r");
  REQUIRE(maps != nullptr);
  int n = 0;
  char line[512];
  while (fgets(line, sizeof line, maps) != nullptr) {
    const uintptr_t at = strtoul(line, nullptr, 16);
    if (at - reinterpret_cast<uintptr_t>(p) < bytes) ++n;
  }
  fclose(maps);
  return n;
}

// `count` slots of four pages; the first of each becomes a guard. All of it is as it should be?
bool guards_work(size_t count) {
  const size_t stride = 4 * kPage;
  const auto memory = os::map_stacks(count * stride);
  if (!memory) return false;
  char* base = *memory;
  for (size_t i = 0; i < count; ++i) base[i * stride] = 1;  // a page that is there goes, too
  if (!os::install_guards(base, stride, count)) return false;
  bool good = true;
  for (size_t i = 0; i < count; ++i) {
    for (size_t page = 0; page < 4; ++page) {
      char* at = base + i * stride + page * kPage;
      good = good && os::is_inaccessible(at) == (page == 0);
      if (page != 0) at[0] = at[kPage - 1] = 1;
    }
    good = good && os::is_inaccessible(base + i * stride + kPage - 8);
  }
  return os::munmap(base, count * stride).ok() && good;
}

}  // namespace

TEST_CASE("align_up") {
  CHECK(os::align_up(size_t{0}, 4096) == 0);
  CHECK(os::align_up(size_t{1}, 4096) == 4096);
  CHECK(os::align_up(size_t{4096}, 4096) == 4096);
  CHECK(os::align_up(size_t{4097}, 4096) == 8192);
  CHECK(os::align_up(reinterpret_cast<char*>(17), 16) == reinterpret_cast<char*>(32));
}

TEST_CASE("is_inaccessible tells what a read would do, and does nothing else") {
  uint64_t before = 0, after = 1;
  REQUIRE(os::rt_sigprocmask(SIG_BLOCK, nullptr, &before).ok());
  const auto memory = os::map_pages(3 * kPage);
  REQUIRE(memory.ok());
  char* p = *memory;
  CHECK(!os::is_inaccessible(p));
  memset(p, 0xff, 3 * kPage);  // as a signal mask, this would be everything
  CHECK(!os::is_inaccessible(p));
  CHECK(!os::is_inaccessible(p + kPage - 8));
  REQUIRE(os::mprotect(p, kPage, PROT_READ).ok());
  CHECK(!os::is_inaccessible(p));
  REQUIRE(os::mprotect(p, kPage, PROT_NONE).ok());
  CHECK(os::is_inaccessible(p));
  CHECK(os::is_inaccessible(p + kPage - 8));
  CHECK(!os::is_inaccessible(p + kPage));
  REQUIRE(os::munmap(p + kPage, kPage).ok());
  CHECK(os::is_inaccessible(p + kPage));
  CHECK(!os::is_inaccessible(p + 2 * kPage));
  CHECK(os::is_inaccessible(reinterpret_cast<char*>(8)));
  REQUIRE(os::rt_sigprocmask(SIG_BLOCK, nullptr, &after).ok());
  CHECK(after == before);
}

TEST_CASE("guards are where they should be, and nowhere else") {
  for (const size_t count : {size_t{1}, size_t{2}, size_t{63}, size_t{64}, size_t{65}, size_t{200}}) {
    CAPTURE(count);
    CHECK(guards_work(count));
  }
  const auto memory = os::map_stacks(kPage);
  REQUIRE(memory.ok());
  CHECK(os::install_guards(*memory, kPage, 0).ok());
  CHECK(!os::is_inaccessible(*memory));
}

TEST_CASE("a guard kills who touches it") {
  const auto memory = os::map_stacks(4 * kPage);
  REQUIRE(memory.ok());
  char* base = *memory;
  REQUIRE(os::install_guards(base, 2 * kPage, 2).ok());
  for (char* guard : {base, base + 2 * kPage}) {
    CHECK(in_child([&] { return read_at(guard); }) == kFaults);
    CHECK(in_child([&] { return read_at(guard + kPage - 1); }) == kFaults);
    CHECK(in_child([&] { return write_at(guard + 8); }) == kFaults);
    CHECK(in_child([&] { return read_at(guard + kPage); }) == 0);
    CHECK(in_child([&] { return write_at(guard + kPage); }) == 0);
  }
}

TEST_CASE("guards cost no mapping where the kernel has a marker for them") {
  constexpr size_t kCount = 100, kBytes = kCount * 2 * kPage;
  const auto memory = os::map_stacks(kBytes);
  REQUIRE(memory.ok());
  constexpr int kMadvGuardInstall = 102;
  const bool has_marker = !emulated() && os::madvise(*memory, kPage, kMadvGuardInstall).ok();
  REQUIRE(os::install_guards(*memory, 2 * kPage, kCount).ok());
  const int n = mappings(*memory, kBytes);
  if (has_marker)
    CHECK(n <= 1);
  else
    CHECK(n >= static_cast<int>(2 * kCount) - 1);
}

// 1: no seccomp; 2: they are not right; 3: not by mprotect; otherwise what a read of a guard does.
TEST_CASE("without the marker, or if the kernel only says it has it, guards are made by mprotect") {
  const auto guard_in_child = [](std::initializer_list<int> calls, int answer) {
    return in_child([&] {
      if (!refuse(calls, answer)) return 1;
      if (!guards_work(1) || !guards_work(70)) return 2;
      const auto memory = os::map_stacks(4 * kPage);
      if (!memory || !os::install_guards(*memory, 2 * kPage, 2) || mappings(*memory, 4 * kPage) < 3) return 3;
      return read_at(*memory + 2 * kPage);
    });
  };
  if (guard_in_child({}, 0) == 1) {
    MESSAGE("no seccomp here: under qemu-user the other guard tests are the fallback's already");
    return;
  }
  CHECK(guard_in_child({__NR_madvise, __NR_process_madvise}, EINVAL) == kFaults);
  CHECK(guard_in_child({__NR_madvise, __NR_process_madvise}, ENOSYS) == kFaults);
  CHECK(guard_in_child({__NR_madvise, __NR_process_madvise}, EPERM) == kFaults);
  CHECK(guard_in_child({__NR_madvise, __NR_process_madvise}, 0) == kFaults);
}

TEST_CASE("without process_madvise guards are made one by one") {
  const int status = in_child([] {
    if (!refuse({__NR_process_madvise}, EPERM)) return 1;
    return guards_work(200) ? 0 : 2;
  });
  CHECK((status == 0 || status == 1));
}

TEST_CASE("guards where nothing is mapped are an error") {
  const auto memory = os::map_stacks(2 * kPage);
  REQUIRE(memory.ok());
  REQUIRE(os::munmap(*memory, 2 * kPage).ok());
  if (emulated()) return;  // takes the advice; and a read would fault, after all
  const auto r = os::install_guards(*memory, kPage, 2);
  REQUIRE(!r.ok());
  CHECK(r.error() == Errno::not_enough_memory);
}

// ---- the clock --------------------------------------------------------------------------------------------------------

namespace {

int64_t kernel_time(int clock) {
  os::Timespec t{};
  REQUIRE(os::clock_gettime(clock, &t).ok());
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

const void* vdso() { return reinterpret_cast<const void*>(getauxval(AT_SYSINFO_EHDR)); }

bool between_kernel_times() {
  for (int i = 0; i < scaled(10'000); ++i) {
    const int64_t before = kernel_time(CLOCK_MONOTONIC), ours = os::nanotime(), after = kernel_time(CLOCK_MONOTONIC);
    if (ours < before || ours > after) return false;
  }
  // The wall clock may be set meanwhile, once.
  int bad = 0;
  for (int i = 0; i < scaled(10'000); ++i) {
    const int64_t before = kernel_time(CLOCK_REALTIME), ours = os::walltime(), after = kernel_time(CLOCK_REALTIME);
    if (ours < before || ours > after) ++bad;
  }
  return bad <= 1;
}

// A vDSO with one function, which says that it is 42 seconds and 7 nanoseconds past.
long answer(int, os::Timespec* out) {
  out->tv_sec = 42;
  out->tv_nsec = 7;
  return 0;
}
constexpr int64_t kAnswer = 42'000'000'007;

enum class Hash { kSysv, kGnu, kNone };

struct FakeVdso {
  alignas(8) Elf64_Ehdr header{};
  Elf64_Phdr segments[2]{};
  Elf64_Dyn dynamic[5]{};
  Elf64_Sym symbols[4]{};
  uint32_t hash[10]{};
  char strings[96]{};

  static constexpr uint64_t kLinkedAt = 0x10000;  // p_vaddr of what is at offset 0
  uint64_t address(const void* p) const {
    return static_cast<uint64_t>(static_cast<const char*>(p) - reinterpret_cast<const char*>(this)) + kLinkedAt;
  }
  uint32_t name(const char* text, uint32_t at) {
    strcpy(strings + at, text);
    return at;
  }

  FakeVdso(Hash kind, const char* symbol, uint16_t section) {
    header.e_phoff = static_cast<uint64_t>(reinterpret_cast<char*>(segments) - reinterpret_cast<char*>(this));
    header.e_phnum = 2;
    segments[0].p_type = PT_LOAD;
    segments[0].p_vaddr = kLinkedAt;
    segments[1].p_type = PT_DYNAMIC;
    segments[1].p_offset = address(dynamic) - kLinkedAt;
    dynamic[0] = {DT_STRTAB, {address(strings)}};
    dynamic[1] = {DT_SYMTAB, {address(symbols)}};
    if (kind != Hash::kNone) dynamic[2] = {kind == Hash::kSysv ? DT_HASH : DT_GNU_HASH, {address(hash)}};
    symbols[1].st_name = name("__vdso_getcpu", 1);
    symbols[1].st_shndx = 1;
    symbols[2].st_name = name("__kernel_clock_getres", 20);
    symbols[2].st_shndx = 1;
    symbols[3].st_name = name(symbol, 50);
    symbols[3].st_shndx = section;
    symbols[3].st_value = reinterpret_cast<uint64_t>(answer) - reinterpret_cast<uint64_t>(this) + kLinkedAt;
    if (kind == Hash::kSysv) {
      hash[1] = 4;  // nchain: as many as symbols
    } else {
      // One bucket that begins at symbol 1, a bloom filter of one (64-bit) word, and the chain: the last has bit 0 set.
      const uint32_t words[10] = {1, 1, 1, 0, 0, 0, 1, 2, 4, 7};
      memcpy(hash, words, sizeof words);
    }
  }
};

}  // namespace

TEST_CASE("without a vDSO the clock asks the kernel") {
  os::init_clock(nullptr);
  CHECK(between_kernel_times());
}

TEST_CASE("the vDSO's clock is the kernel's") {
  if (vdso() == nullptr) MESSAGE("no vDSO here, as under qemu-user");
  os::init_clock(vdso());
  CHECK(between_kernel_times());
}

TEST_CASE("the vDSO needs no system call") {
  if (vdso() == nullptr) return;
  os::init_clock(vdso());
  const int status = in_child([] {
    if (!refuse({__NR_clock_gettime}, ENOSYS)) return 1;
    timespec libc{};
    if (clock_gettime(CLOCK_MONOTONIC, &libc) != 0) return 1;  // a clock source that the vDSO does not know
    return os::nanotime() > 0 && os::walltime() > 0 ? 0 : 2;
  });
  if (status == 1) MESSAGE("no seccomp, or a clock source without a vDSO");
  CHECK((status == 0 || status == 1));
}

TEST_CASE("the function is found by either kind of hash table, and only if it is defined") {
  const char* name = mstart::arch::kVdsoClockGettime;
  const FakeVdso nothing[] = {
      {Hash::kNone, name, 1}, {Hash::kSysv, name, SHN_UNDEF}, {Hash::kGnu, "clock_gettime64", 1}};
  for (const FakeVdso& image : nothing) {
    os::init_clock(&image);
    CHECK(os::nanotime() != kAnswer);
    CHECK(between_kernel_times());
  }
  for (const Hash kind : {Hash::kSysv, Hash::kGnu}) {
    const FakeVdso image(kind, name, 1);
    os::init_clock(&image);
    CHECK(os::nanotime() == kAnswer);
    CHECK(os::walltime() == kAnswer);
  }
  os::init_clock(vdso() != nullptr ? vdso() : &nothing[0]);
  CHECK(os::nanotime() != kAnswer);
}

TEST_CASE("nanotime never goes back, on any thread") {
  std::atomic<int64_t> latest{0};
  std::atomic<int> backwards{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < scaled(300'000); ++i) {
        const int64_t seen = latest.load();
        const int64_t now = os::nanotime();
        if (now < seen) ++backwards;
        latest.store(now);  // perhaps less than another's, but somebody has seen it
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(backwards == 0);
}

// ---- threads ----------------------------------------------------------------------------------------------------------

namespace {

// TSan keeps a state for each thread, which libc's pthread_create makes.
#define CLONE_TEST(name) TEST_CASE(name* doctest::skip(mstart::test::kTsan))

constexpr size_t kStackBytes = size_t{64} * 1024;

// A thread has no libc: only these words, and a thread pointer of its own.
struct Child {
  os::ThreadWord word;
  alignas(64) char tls[4096] = {};
  int* word_seen = nullptr;
  int tid_in_word = -2, own_tid = -2;
  const void* frame = nullptr;
  void* thread_pointer = nullptr;
  uint64_t started = 0;
  int is_there = 0, may_end = 0;
};

__attribute__((no_sanitize("address", "undefined"))) void child_main(void* arg) {
  auto* child = static_cast<Child*>(arg);
  child->tid_in_word = *child->word.address();
  child->own_tid = os::gettid();
  child->frame = __builtin_frame_address(0);
  child->thread_pointer = mstart::arch::thread_pointer();
  child->started = mstart::arch::cycles();
  __atomic_store_n(&child->is_there, 1, __ATOMIC_RELEASE);
  while (__atomic_load_n(&child->may_end, __ATOMIC_ACQUIRE) == 0) os::osyield();
  mstart::arch::exit_thread();
}

class Stack {
 public:
  Stack() : base_(os::map_stacks(kStackBytes).value()) {}
  ~Stack() { (void)os::munmap(base_, kStackBytes); }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  char* top() const { return base_ + kStackBytes; }
  bool contains(const void* p) const { return p >= base_ && p < top(); }

 private:
  char* base_;
};

mstart::Result<int> start(Child& child, const Stack& stack, uint64_t* stamp = nullptr) {
  void* tp = child.tls + sizeof child.tls / 2;
  mstart::arch::tls_init_tcb(tp, 0x1234);
  return os::newosproc({.stack_top = stack.top(), .tls = tp, .fn = child_main, .arg = &child, .stamp = stamp},
                       child.word);
}

void wait_for(const Child& child) {
  while (__atomic_load_n(&child.is_there, __ATOMIC_ACQUIRE) == 0) std::this_thread::yield();
}
void end(Child& child) {
  __atomic_store_n(&child.may_end, 1, __ATOMIC_RELEASE);
  while (!child.word.gone()) std::this_thread::yield();
}

}  // namespace

TEST_CASE("a thread word says being born, tid, gone") {
  os::ThreadWord word;
  CHECK(word.gone());
  word.prepare();
  CHECK(!word.gone());
  CHECK(word.tid() == os::ThreadWord::kBeingBorn);
  *word.address() = 17;  // as the kernel does
  CHECK(word.tid() == 17);
  CHECK(!word.gone());
  word.set_gone();
  CHECK(word.tid() == 0);
  CHECK(word.gone());
}

CLONE_TEST("a thread by clone: its tid, stack, argument and thread pointer; gone when it has left its stack") {
  const Stack stack;
  Child child;
  uint64_t stamp = 0;
  const uint64_t before = mstart::arch::cycles();
  const auto r = start(child, stack, &stamp);
  REQUIRE(r.ok());
  CHECK(*r > 0);
  CHECK(child.word.tid() == *r);  // stored before clone has returned
  wait_for(child);
  CHECK(child.own_tid == *r);
  CHECK(child.own_tid != os::gettid());
  CHECK(child.tid_in_word == *r);  // and before the child has run
  CHECK(stack.contains(child.frame));
  CHECK(child.thread_pointer == child.tls + sizeof child.tls / 2);
  CHECK(stamp >= before);
  CHECK(stamp <= child.started);
  CHECK(!child.word.gone());
  CHECK(kill(*r, 0) == 0);
  end(child);
  CHECK(child.word.tid() == 0);
}

CLONE_TEST("many threads at once") {
  constexpr int kThreads = 50;
  const std::vector<Stack> stacks(kThreads);
  std::vector<Child> children(kThreads);
  for (int i = 0; i < kThreads; ++i)
    REQUIRE(start(children[static_cast<size_t>(i)], stacks[static_cast<size_t>(i)]).ok());
  for (size_t i = 0; i < kThreads; ++i) {
    wait_for(children[i]);
    CHECK(stacks[i].contains(children[i].frame));
    CHECK(children[i].own_tid == children[i].word.tid());
    for (size_t j = 0; j < i; ++j) CHECK(children[i].own_tid != children[j].own_tid);
  }
  for (Child& child : children) end(child);
}

CLONE_TEST("a stack can be used again as soon as the word says gone") {
  const Stack stack;
  int same = 0;
  for (int i = 0; i < scaled(2'000); ++i) {
    Child child;
    const auto r = start(child, stack);
    REQUIRE(r.ok());
    // May it end before we have looked?
    if (i % 2 == 0) wait_for(child);
    end(child);
    if (stack.contains(child.frame)) ++same;
    memset(stack.top() - 4096, 0xff, 4096);
  }
  CHECK(same == scaled(2'000));
}

CLONE_TEST("a thread that is refused is an error, and nothing has happened") {
  const int status = in_child([] {
    // Root is exempt from RLIMIT_NPROC.
    const rlimit none{0, 0};
    if (setrlimit(RLIMIT_NPROC, &none) != 0) return 1;
    if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) return 1;
    const Stack stack;
    Child child;
    child.word.prepare();
    const auto r = start(child, stack);
    if (r.ok()) return 2;
    if (!(r.error() == Errno::resource_unavailable_try_again)) return 3;
    if (strcmp(r.error().call, "clone") != 0) return 4;
    if (!child.word.gone()) return 5;
    return child.is_there == 0 ? 0 : 6;
  });
  if (status == 1) MESSAGE("the limit cannot be set here");
  CHECK((status == 0 || status == 1));
}
