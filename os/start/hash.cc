// SPDX-License-Identifier: MIT
// std::hash of strings: eight bytes a turn, each mixed in by a multiplication and a fold (the values differ from
// libstdc++'s, which promises none).
#include <cstddef>
#include <cstdint>
#include <functional>

namespace {

constexpr uint64_t kFactor = 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio

uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * kFactor;
  return hash ^ (hash >> 32);
}

}  // namespace

size_t std::_Hash_bytes(const void* data, size_t size, size_t seed) {
  auto* p = static_cast<const char*>(data);
  uint64_t hash = mix(seed, size);
  uint64_t word = 0;
  for (; size > sizeof word; p += sizeof word, size -= sizeof word) {
    __builtin_memcpy(&word, p, sizeof word);
    hash = mix(hash, word);
  }
  word = 0;
  if (size != 0) __builtin_memcpy(&word, p, size);
  return mix(mix(hash, word), 0);
}
