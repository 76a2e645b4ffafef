// SPDX-License-Identifier: MIT
// How hard the stress tests work: full counts natively, a part of them where every access is slow (TSan, ASan, qemu-user).
#pragma once

#include <sys/mman.h>

namespace mstart::test {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool kTsan = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool kTsan = true;
#else
inline constexpr bool kTsan = false;
#endif
#else
inline constexpr bool kTsan = false;
#endif

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kAsan = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kAsan = true;
#else
inline constexpr bool kAsan = false;
#endif
#else
inline constexpr bool kAsan = false;
#endif

// Known by an effect: qemu-user takes any advice, the kernel only what it knows.
inline bool emulated() {
  static const bool answer = [] {
    constexpr int kNoSuchAdvice = 9999;
    void* page = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const bool taken = madvise(page, 4096, kNoSuchAdvice) == 0;
    munmap(page, 4096);
    return taken;
  }();
  return answer;
}

inline constexpr int kSlowShare = 10;  // the one constant: slow runs do a tenth

inline int scaled(int n) { return kTsan || kAsan || emulated() ? n / kSlowShare : n; }

}  // namespace mstart::test
