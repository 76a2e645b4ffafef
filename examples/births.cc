// SPDX-License-Identifier: MIT
// Threads are born, and work gets done: a few hundred Gs lock their thread and end, so that each takes its thread with it
// and the next one needs a new one; a few hundred thousand more count the words of some files, one G a line. Then the facts
// of this binary. Files or directories may be given; the default is the project's sources below the working directory.
// With MSTART_DEBUG=birth=1 the runtime adds the table of births, phase by phase.
#include <elf.h>
#include <fcntl.h>
#include <mstart/mstart.h>
#include <sys/syscall.h>

#include <string>
#include <string_view>
#include <vector>

#include "examples/system_calls.h"

using namespace mstart;

namespace {

constexpr int kBirths = 300;
constexpr uint64_t kWorkGs = 300'000;

struct Count {
  std::atomic<uint64_t> lines{0}, words{0}, longest{0};

  void line(std::string_view text) {
    uint64_t n = 0;
    for (bool in_word = false; const char c : text) {
      const bool letter = c > ' ';
      n += letter && !in_word ? 1 : 0;
      in_word = letter;
    }
    lines.fetch_add(1, std::memory_order_relaxed);
    words.fetch_add(n, std::memory_order_relaxed);
    uint64_t most = longest.load(std::memory_order_relaxed);
    while (text.size() > most && !longest.compare_exchange_weak(most, text.size(), std::memory_order_relaxed)) {
    }
  }
};

// The whole file, as it is; nothing if it cannot be read.
std::string contents(const std::string& path) {
  std::string text;
  const auto fd = raw_syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC);
  if (!fd) {
    eprint("births: {}: {}\n", path, fd.error());
    return text;
  }
  for (char buffer[16384];;) {
    const auto n = raw_syscall(SYS_read, *fd, &buffer[0], sizeof buffer);
    if (!n || *n == 0) break;
    text.append(buffer, static_cast<size_t>(*n));
  }
  (void)raw_syscall(SYS_close, *fd);
  return text;
}

bool is_source(std::string_view name) {
  for (const std::string_view ending : {".cc", ".h", ".S", ".py", ".md", ".build"})
    if (name.ends_with(ending)) return true;
  return false;
}

// Source files below a directory, without hidden ones and build trees.
void collect(const std::string& directory, std::vector<std::string>& files) {
  struct Entry {
    uint64_t inode, offset;
    uint16_t length;
    uint8_t type;
    char name[1];
  };
  const auto fd = raw_syscall(SYS_openat, AT_FDCWD, directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (!fd) {
    files.push_back(directory);  // a file: named by the user, so taken whatever it is called
    return;
  }
  alignas(8) char buffer[8192];
  for (;;) {
    const auto n = raw_syscall(SYS_getdents64, *fd, &buffer[0], sizeof buffer);
    if (!n || *n == 0) break;
    for (long at = 0; at < *n;) {
      const auto* entry = reinterpret_cast<const Entry*>(buffer + at);
      at += entry->length;
      const std::string_view name(&entry->name[0]);
      if (name.starts_with('.') || name == "build") continue;
      const std::string path = directory + "/" + std::string(name);
      constexpr uint8_t kDirectory = 4;
      if (entry->type == kDirectory)
        collect(path, files);
      else if (is_source(name))
        files.push_back(path);
    }
  }
  (void)raw_syscall(SYS_close, *fd);
}

// Each birth has some work beside it, as in a real program: main goes on counting while the thread comes to be. (Were it to
// wait instead, its own thread would run the G, and die of it. With one P it must.)
void make_births(const std::vector<std::string>& texts) {
  Count beside;
  size_t next = 0;
  for (int i = 0; i < kBirths; ++i) {
    std::atomic<bool> born{false};
    Scope one;
    one.go([&born] {
      born.store(true, std::memory_order_relaxed);
      lock_thread();  // ends locked: takes its thread with it
    });
    for (; procs() > 1 && !born.load(std::memory_order_relaxed); next = (next + 1) % texts.size())
      beside.line(texts[next]);
  }
}

// One G a line, over and over until there have been enough; every round must come to the same. Returns the Gs.
uint64_t count_words(const std::vector<std::string>& texts) {
  uint64_t gs = 0, words = 0;
  const auto start = Clock::now();
  while (gs < kWorkGs) {
    Count count;
    for (const std::string& text : texts) {
      Scope lines;
      for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find('\n', at), text.size());
        lines.go([&count, line = std::string_view(text).substr(at, end - at)] { count.line(line); });
        at = end + 1;
        ++gs;
      }
    }
    if (words != 0 && words != count.words) fatal("births: two rounds counted differently");
    if (words == 0)
      print("{} lines, {} words, longest line {}\n", count.lines.load(), count.words.load(), count.longest.load());
    words = count.words;
    if (count.lines == 0) break;
  }
  print("counted by {} Gs in {}, on {} Ps\n", gs, Clock::now() - start, procs());
  return gs;
}

// From the file's own headers: what of it is loaded, and whether it asks for anything else to be loaded.
void print_binary() {
  const std::string file = contents("/proc/self/exe");
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(file.data());
  const auto* segment = reinterpret_cast<const Elf64_Phdr*>(file.data() + header->e_phoff);
  bool needs_loader = false;
  uint64_t loaded = 0;
  for (int i = 0; i < header->e_phnum; ++i) {
    needs_loader |= segment[i].p_type == PT_INTERP;
    if (segment[i].p_type == PT_LOAD) loaded += segment[i].p_filesz;
  }
  print("this binary: {} bytes ({} with what debuggers read), linked to {}\n", loaded, file.size(),
        needs_loader ? "a dynamic loader" : "nothing");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == kOnlyReachMain) return 0;
  const auto calls = count_calls_before_main();  // while there is one thread: it forks

  std::vector<std::string> files, texts;
  if (argc == 1) collect(".", files);
  for (int i = 1; i < argc; ++i) collect(argv[i], files);
  for (const std::string& path : files)
    if (std::string text = contents(path); !text.empty()) texts.push_back(std::move(text));
  if (texts.empty()) fatal("births: nothing to count (name some files or directories)");
  print("{} files\n", texts.size());

  make_births(texts);
  count_words(texts);

  print_binary();
  if (calls)
    print("system calls before main: {}\n", *calls);
  else
    print("system calls before main: not counted ({})\n", calls.error());
  const Stats s = stats();
  print("threads: {} born, {} ended; Gs: {} started, {} ended\n", s.ms_created, s.ms_ended, s.gs_created, s.gs_ended);
  return 0;
}
