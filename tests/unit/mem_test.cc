// SPDX-License-Identifier: MIT
// os/start/mem.cc against libc's functions. It is compiled for this test with the names below instead of the standard ones.
#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

extern "C" {
void* mstart_memcpy(void* to, const void* from, size_t n);
void* mstart_memmove(void* to, const void* from, size_t n);
void* mstart_memset(void* to, int value, size_t n);
int mstart_memcmp(const void* left, const void* right, size_t n);
int mstart_bcmp(const void* left, const void* right, size_t n);
size_t mstart_strlen(const char* string);
void* mstart_memchr(const void* where, int value, size_t n);
int mstart_strcmp(const char* left, const char* right);
int mstart_strncmp(const char* left, const char* right, size_t n);
char* mstart_strchr(const char* string, int value);
char* mstart_strrchr(const char* string, int value);
}

namespace {

constexpr size_t kAlignments = 33;

// All short sizes, and long ones around the steps of the loops.
std::vector<size_t> sizes() {
  std::vector<size_t> all;
  for (size_t n = 0; n <= 100; ++n) all.push_back(n);
  for (const size_t n : {127, 128, 129, 255, 256, 257, 1000, 4096, 5001}) all.push_back(n);
  return all;
}

std::vector<unsigned char> pattern(size_t n, unsigned seed) {
  std::vector<unsigned char> bytes(n);
  for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<unsigned char>(i * 7 + seed + (i >> 8));
  return bytes;
}

int sign(int n) { return (n > 0) - (n < 0); }

// A page of which nothing behind its end can be read.
class LastPage {
 public:
  LastPage() : page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
    base_ = static_cast<char*>(mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(base_ != MAP_FAILED);
    REQUIRE(mprotect(base_ + page_, page_, PROT_NONE) == 0);
  }
  ~LastPage() { munmap(base_, 2 * page_); }
  LastPage(const LastPage&) = delete;
  LastPage& operator=(const LastPage&) = delete;
  char* end() const { return base_ + page_; }

 private:
  size_t page_;
  char* base_;
};

}  // namespace

TEST_CASE("memcpy copies exactly its bytes at every alignment") {
  bool same = true, returns_to = true;
  for (const size_t n : sizes()) {
    const auto source = pattern(n + 64, 3);
    for (size_t to = 0; to < kAlignments; ++to) {
      for (size_t from = 0; from < kAlignments; from += n > 100 ? 5 : 1) {
        auto got = pattern(n + 100, 99);
        auto wanted = got;
        std::memcpy(wanted.data() + to, source.data() + from, n);
        returns_to &= mstart_memcpy(got.data() + to, source.data() + from, n) == got.data() + to;
        same &= got == wanted;
      }
    }
  }
  CHECK(same);
  CHECK(returns_to);
}

TEST_CASE("memmove moves over any overlap in both directions") {
  bool same = true;
  for (const size_t n : sizes()) {
    for (int distance = -70; distance <= 70; distance += n > 100 ? 3 : 1) {
      const size_t from = 80, to = static_cast<size_t>(80 + distance);
      auto got = pattern(n + 160, 1);
      auto wanted = got;
      std::memmove(wanted.data() + to, wanted.data() + from, n);
      same &= mstart_memmove(got.data() + to, got.data() + from, n) == got.data() + to;
      same &= got == wanted;
    }
  }
  CHECK(same);
}

TEST_CASE("memset sets exactly its bytes at every alignment") {
  bool same = true;
  for (const size_t n : sizes()) {
    for (size_t to = 0; to < kAlignments; ++to) {
      for (const int value : {0, 0xab, 0x1ff, -2}) {
        auto got = pattern(n + 64, 5);
        auto wanted = got;
        std::memset(wanted.data() + to, value, n);
        same &= mstart_memset(got.data() + to, value, n) == got.data() + to;
        same &= got == wanted;
      }
    }
  }
  CHECK(same);
}

TEST_CASE("memcmp and bcmp find every single difference") {
  bool same = true;
  for (size_t n = 0; n <= 70; ++n) {
    for (size_t shift = 0; shift < 9; ++shift) {
      const auto left = pattern(n + 16, 0);
      std::vector<unsigned char> right(n + 16);
      std::memcpy(right.data() + shift, left.data(), n);
      same &= mstart_memcmp(left.data(), right.data() + shift, n) == 0;
      same &= mstart_bcmp(left.data(), right.data() + shift, n) == 0;
      for (size_t at = 0; at < n; ++at) {
        for (const unsigned char flip : {0x80, 0x01, 0xff}) {
          right[shift + at] ^= flip;
          const int wanted = sign(std::memcmp(left.data(), right.data() + shift, n));
          same &= sign(mstart_memcmp(left.data(), right.data() + shift, n)) == wanted;
          same &= sign(mstart_memcmp(right.data() + shift, left.data(), n)) == -wanted;
          same &= mstart_bcmp(left.data(), right.data() + shift, n) != 0;
          right[shift + at] ^= flip;
        }
      }
    }
  }
  CHECK(same);
}

TEST_CASE("memcmp decides by the first difference") {
  char left[] = "aaaaaaaaZbbbbbbbb", right[] = "aaaaaaaaYccccccccc";
  CHECK(mstart_memcmp(left, right, 17) > 0);
  CHECK(mstart_memcmp(right, left, 17) < 0);
  CHECK(mstart_memcmp(left, right, 8) == 0);
}

TEST_CASE("strlen and memchr read nothing behind the page of the last byte") {
  const LastPage page;
  bool same = true;
  for (size_t n = 0; n < 80; ++n) {
    char* const string = page.end() - n - 1;
    std::memset(string - 16, 0, 16);  // zeros before the string do not count
    std::memset(string, 'x', n);
    string[n] = 0;
    same &= mstart_strlen(string) == n;
    same &= mstart_memchr(string, 0, n + 1) == string + n;
    same &= mstart_memchr(string, 0, n) == nullptr;
    same &= mstart_memchr(string, 0, SIZE_MAX) == string + n;
    same &= mstart_memchr(string, 'y', n + 1) == nullptr;
  }
  CHECK(same);
}

TEST_CASE("memchr finds the first of every byte and no neighbour of it") {
  bool same = true;
  for (size_t start = 0; start < 9; ++start) {
    for (size_t n = 0; n < 40; ++n) {
      for (size_t at = 0; at < 48; ++at) {
        for (const int byte : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
          std::vector<unsigned char> bytes(start + 64, static_cast<unsigned char>(byte ^ 1));
          bytes[start + at] = static_cast<unsigned char>(byte);
          bytes[start + at + 1] = static_cast<unsigned char>(byte + 1);
          bytes[start + at + 3] = static_cast<unsigned char>(byte);
          void* const wanted = std::memchr(bytes.data() + start, byte, n);
          same &= mstart_memchr(bytes.data() + start, byte | 0x100, n) == wanted;
        }
      }
    }
  }
  CHECK(same);
}

TEST_CASE("strings are compared and searched as libc does it") {
  const char* const strings[] = {"", "a", "b", "ab", "abc", "abd", "\x80", "\xff", "a\x80", "ab/cd/ef", "////"};
  for (const char* left : strings) {
    CHECK(mstart_strlen(left) == std::strlen(left));
    for (const char* right : strings) {
      CHECK(sign(mstart_strcmp(left, right)) == sign(std::strcmp(left, right)));
      for (size_t n = 0; n < 5; ++n) CHECK(sign(mstart_strncmp(left, right, n)) == sign(std::strncmp(left, right, n)));
    }
    for (const int byte : {0, 0x61, 0x2f, 0x80, 0xff}) {
      CHECK(mstart_strchr(left, byte) == std::strchr(left, byte));
      CHECK(mstart_strrchr(left, byte) == std::strrchr(left, byte));
    }
  }
}
