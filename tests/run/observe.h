// SPDX-License-Identifier: MIT
// What a program can see of itself from outside: /proc, and what it writes.
#pragma once

#include <fcntl.h>

#include <cstring>

#include "expect.h"

// A file of /proc, cut to N bytes.
template <size_t N = 16384>
class ProcFile {
 public:
  explicit ProcFile(const char* path) {
    const auto fd = mstart::raw_syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    expect(fd.ok(), path);
    while (size_ < N) {
      const auto n = mstart::raw_syscall(SYS_read, *fd, text_ + size_, N - size_);
      if (!n || *n == 0) break;
      size_ += static_cast<size_t>(*n);
    }
    (void)mstart::raw_syscall(SYS_close, *fd);
  }
  std::string_view text() const { return {text_, size_}; }
  // The number behind a word; -1: there is none.
  int64_t number_behind(std::string_view word) const {
    size_t at = text().find(word);
    if (at == std::string_view::npos) return -1;
    at += word.size();
    while (at < size_ && (text_[at] == ' ' || text_[at] == '\t')) ++at;
    int64_t n = 0;
    while (at < size_ && text_[at] >= '0' && text_[at] <= '9') n = n * 10 + (text_[at++] - '0');
    return n;
  }

 private:
  size_t size_ = 0;
  char text_[N];
};

inline int count(std::string_view text, std::string_view part) {
  int n = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) ++n;
  return n;
}

inline int64_t rss_kb() { return ProcFile("/proc/self/status").number_behind("VmRSS:"); }
inline int64_t mappings() {
  return count(ProcFile<size_t{512} * 1024>("/proc/self/maps").text(), "\n");
}  // on a large stack
inline int threads() { return static_cast<int>(ProcFile("/proc/self/status").number_behind("Threads:")); }

inline bool thread_exists(int tid) { return mstart::raw_syscall(SYS_tgkill, process_id(), tid, 0).ok(); }

// What is written to a descriptor while one lives goes to memory.
class Captured {
 public:
  explicit Captured(int fd) : fd_(fd) {
    saved_ = static_cast<int>(*mstart::raw_syscall(SYS_dup, fd));
    file_ = static_cast<int>(*mstart::raw_syscall(SYS_memfd_create, "captured", 0));
    // A memfd's offset is not locked during a write (it has no FMODE_ATOMIC_POS), its end is.
    expect(mstart::raw_syscall(SYS_fcntl, file_, F_SETFL, O_APPEND).ok(), "O_APPEND");
    expect(mstart::raw_syscall(SYS_dup3, file_, fd, 0).ok(), "dup3");
  }
  ~Captured() {
    restore();
    (void)mstart::raw_syscall(SYS_close, file_);
  }
  // The end of the capture; what there was, cut to fit.
  std::string_view text(std::span<char> buffer) {
    restore();
    const auto n = mstart::raw_syscall(SYS_pread64, file_, buffer.data(), buffer.size(), 0);
    expect(n.ok(), "pread");
    return {buffer.data(), static_cast<size_t>(*n)};
  }

 private:
  void restore() {
    if (saved_ < 0) return;
    (void)mstart::raw_syscall(SYS_dup3, saved_, fd_, 0);
    (void)mstart::raw_syscall(SYS_close, saved_);
    saved_ = -1;
  }
  int fd_, saved_, file_;
};
