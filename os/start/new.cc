// SPDX-License-Identifier: MIT
// operator new and delete over the runtime's heap. No memory is fatal (detail::heap_alloc), except where nothrow is asked
// for. The heap knows a block's size and start from any address in it, so all forms of delete are one.
#include <mstart/go.h>

#include <memory>
#include <new>

#include "runtime/heap.h"

using mstart::detail::heap_alloc;
using mstart::runtime::heap_free;

namespace {

constexpr size_t kAlign = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

}  // namespace

const std::nothrow_t std::nothrow{};

// clang-format off
void* operator new(size_t n) { return heap_alloc(n, kAlign); }
void* operator new[](size_t n) { return heap_alloc(n, kAlign); }
void* operator new(size_t n, std::align_val_t align) { return heap_alloc(n, static_cast<size_t>(align)); }
void* operator new[](size_t n, std::align_val_t align) { return heap_alloc(n, static_cast<size_t>(align)); }
void* operator new(size_t n, const std::nothrow_t&) noexcept { return mstart::runtime::heap_alloc(n); }
void* operator new[](size_t n, const std::nothrow_t&) noexcept { return mstart::runtime::heap_alloc(n); }
void* operator new(size_t n, std::align_val_t align, const std::nothrow_t&) noexcept { return mstart::runtime::heap_alloc(n, static_cast<size_t>(align)); }
void* operator new[](size_t n, std::align_val_t align, const std::nothrow_t&) noexcept { return mstart::runtime::heap_alloc(n, static_cast<size_t>(align)); }

void operator delete(void* p) noexcept { heap_free(p); }
void operator delete[](void* p) noexcept { heap_free(p); }
void operator delete(void* p, size_t) noexcept { heap_free(p); }
void operator delete[](void* p, size_t) noexcept { heap_free(p); }
void operator delete(void* p, std::align_val_t) noexcept { heap_free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { heap_free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { heap_free(p); }
void operator delete[](void* p, size_t, std::align_val_t) noexcept { heap_free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { heap_free(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { heap_free(p); }
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept { heap_free(p); }
void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept { heap_free(p); }
// clang-format on

// libstdc++ declares these extern; without optimisation their constructors are calls.
template class std::allocator<char>;
template class std::allocator<wchar_t>;
