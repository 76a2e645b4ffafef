// SPDX-License-Identifier: MIT
// The functions of <string.h> that compilers and the standard library's headers call, and those few that every program
// wants that looks at its arguments. No instruction set is named here: a 16-byte vector is one register on both. Small
// before fast: copies of a few dozen bytes, the most frequent ones, take no loop, long ones go by 32 bytes a turn.
//
// All but the loops is done by pairs of overlapping accesses, one at each end: n bytes of 8 <= n <= 16 are two words, of
// which the second ends where the block ends.
//
// Compile with -fno-builtin and without loop-pattern recognition (-fno-tree-loop-distribute-patterns), or a compiler may
// see through memset's loop and make it a call of memset.
#include <cstddef>
#include <cstdint>

namespace {

using Byte = unsigned char;
using Vector [[gnu::vector_size(16)]] = Byte;

// A T that may be anywhere and alias anything.
template <class T>
struct [[gnu::packed, gnu::may_alias]] Anywhere {
  T value;
};
template <class T>
[[gnu::always_inline]] inline T get(const Byte* p) {
  return reinterpret_cast<const Anywhere<T>*>(p)->value;
}
template <class T>
[[gnu::always_inline]] inline void put(Byte* p, T value) {
  reinterpret_cast<Anywhere<T>*>(p)->value = value;
}

// sizeof(T) <= n <= 2 * sizeof(T). Everything is read before anything is written.
template <class T>
void move_two(Byte* to, const Byte* from, size_t n) {
  const T first = get<T>(from), last = get<T>(from + n - sizeof(T));
  put(to, first);
  put(to + n - sizeof(T), last);
}
template <class T>
void set_two(Byte* to, T value, size_t n) {
  put(to, value);
  put(to + n - sizeof(T), value);
}

constexpr size_t kStep = 2 * sizeof(Vector);
constexpr uint64_t kOnes = 0x0101010101010101;

// Nonzero if a byte of w is 0; its lowest set bit is in the lowest such byte (both instruction sets are little-endian).
uint64_t zero_bytes(uint64_t w) { return (w - kOnes) & ~w & (kOnes << 7); }
// As memcmp of the words in memory.
int order(uint64_t a, uint64_t b) {
  a = __builtin_bswap64(a), b = __builtin_bswap64(b);
  return a < b ? -1 : a > b;
}
size_t first_byte(uint64_t found) { return static_cast<size_t>(__builtin_ctzll(found)) / 8; }

}  // namespace

extern "C" {

// The block's far end is read before the loop, which may overwrite it, and written after it.
[[gnu::noinline]] void* memmove(void* to, const void* from, size_t n) {
  auto* d = static_cast<Byte*>(to);
  auto* s = static_cast<const Byte*>(from);
  if (n <= kStep) {
    if (n >= 16) return move_two<Vector>(d, s, n), to;
    if (n >= 8) return move_two<uint64_t>(d, s, n), to;
    if (n >= 4) return move_two<uint32_t>(d, s, n), to;
    if (n >= 2) return move_two<uint16_t>(d, s, n), to;
    if (n != 0) *d = *s;
    return to;
  }
  if (static_cast<size_t>(d - s) >= n) {  // upwards, unless `to` is within the source
    const Byte* const end = s + n;
    const auto last = get<Vector>(end - 32), very_last = get<Vector>(end - 16);
    Byte* const d_end = d + n;
    do {
      const auto a = get<Vector>(s), b = get<Vector>(s + 16);
      put(d, a);
      put(d + 16, b);
      s += kStep;
      d += kStep;
    } while (s < end - kStep);
    put(d_end - 32, last);
    put(d_end - 16, very_last);
  } else {
    const auto first = get<Vector>(s), second = get<Vector>(s + 16);
    const Byte* const begin = s;
    s += n;
    d += n;
    do {
      s -= kStep;
      d -= kStep;
      const auto a = get<Vector>(s), b = get<Vector>(s + 16);
      put(d, a);
      put(d + 16, b);
    } while (s > begin + kStep);
    d = static_cast<Byte*>(to);
    put(d, first);
    put(d + 16, second);
  }
  return to;
}

void* memcpy(void* __restrict to, const void* __restrict from, size_t n) { return memmove(to, from, n); }

void* memset(void* to, int value, size_t n) {
  auto* d = static_cast<Byte*>(to);
  const uint64_t word = static_cast<Byte>(value) * kOnes;
  if (n < 16) {
    if (n >= 8) return set_two<uint64_t>(d, word, n), to;
    if (n >= 4) return set_two<uint32_t>(d, static_cast<uint32_t>(word), n), to;
    if (n >= 2) return set_two<uint16_t>(d, static_cast<uint16_t>(word), n), to;
    if (n != 0) *d = static_cast<Byte>(value);
    return to;
  }
  const Vector vector = Vector{} + static_cast<Byte>(value);
  Byte* const end = d + n;
  for (; d + kStep < end; d += kStep) set_two<Vector>(d, vector, kStep);
  if (n >= kStep) d = end - kStep;
  set_two<Vector>(d, vector, static_cast<size_t>(end - d));
  return to;
}

[[gnu::noinline]] int memcmp(const void* left, const void* right, size_t n) {
  auto* l = static_cast<const Byte*>(left);
  auto* r = static_cast<const Byte*>(right);
  if (n >= 8) {
    const Byte* const l_last = l + n - 8;
    const Byte* const r_last = r + n - 8;
    uint64_t a, b;
    do {
      a = get<uint64_t>(l), b = get<uint64_t>(r);
      if (a != b) return order(a, b);
      l += 8, r += 8;
    } while (l < l_last);
    return order(get<uint64_t>(l_last), get<uint64_t>(r_last));
  }
  for (; n != 0; --n, ++l, ++r) {
    if (*l != *r) return *l - *r;
  }
  return 0;
}

int bcmp(const void* left, const void* right, size_t n) { return memcmp(left, right, n); }

// strlen and memchr read whole aligned words: bytes outside the block, but of the same page. What is before the block is
// made nonzero first. memchr's n may reach beyond the end of memory, if the byte is found before.
[[gnu::no_sanitize_address]] size_t strlen(const char* string) {
  auto* s = reinterpret_cast<const Byte*>(string);
  const auto before = reinterpret_cast<uintptr_t>(s) & 7;
  s -= before;
  uint64_t found = zero_bytes(get<uint64_t>(s) | ~(~uint64_t{0} << (8 * before)));
  while (found == 0) found = zero_bytes(get<uint64_t>(s += 8));
  return static_cast<size_t>(s - reinterpret_cast<const Byte*>(string)) + first_byte(found);
}

[[gnu::no_sanitize_address]] void* memchr(const void* where, int value, size_t n) {
  if (n == 0) return nullptr;
  auto* const start = static_cast<const Byte*>(where);
  const uint64_t wanted = static_cast<Byte>(value) * kOnes;
  const auto before = reinterpret_cast<uintptr_t>(start) & 7;
  const Byte* s = start - before;
  uint64_t found = zero_bytes((get<uint64_t>(s) ^ wanted) | ~(~uint64_t{0} << (8 * before)));
  while (found == 0) {
    s += 8;
    if (static_cast<size_t>(s - start) >= n) return nullptr;
    found = zero_bytes(get<uint64_t>(s) ^ wanted);
  }
  s += first_byte(found);
  return static_cast<size_t>(s - start) < n ? const_cast<Byte*>(s) : nullptr;
}

int strncmp(const char* left, const char* right, size_t n) {
  auto* l = reinterpret_cast<const Byte*>(left);
  auto* r = reinterpret_cast<const Byte*>(right);
  for (; n != 0; --n, ++l, ++r) {
    if (*l != *r || *l == 0) return *l - *r;
  }
  return 0;
}

int strcmp(const char* left, const char* right) { return strncmp(left, right, SIZE_MAX); }

char* strchr(const char* string, int value) {
  for (;; ++string) {
    if (*string == static_cast<char>(value)) return const_cast<char*>(string);
    if (*string == 0) return nullptr;
  }
}

char* strrchr(const char* string, int value) {
  const char* found = nullptr;
  for (;; ++string) {
    if (*string == static_cast<char>(value)) found = string;
    if (*string == 0) return const_cast<char*>(found);
  }
}

}  // extern "C"
