// SPDX-License-Identifier: MIT
// For tests of concurrent programs.
#pragma once

#include <mstart/detail/point.h>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>

namespace mstart::inline v0 {

// ---- explore(): many schedules of a small program -----------------------------------------------------------------------

// runs: how many schedules. seed: of the first run; the others' follow from it. preemptions: at how many places of a run, at
// most, a G is put behind all others though it could go on; most bugs need one or two.
struct ExploreOptions {
  int runs = 1000;
  uint64_t seed = 0;
  int preemptions = 3;
};
struct Finding {
  bool found;
  uint64_t seed;  // of the run that failed
};

namespace detail {
Finding explore(bool (*f)(void*) noexcept, void* arg, const ExploreOptions& options);
}  // namespace detail

// Runs f many times, each time in a G of its own and with another order of the Gs that it starts, and they; no other G of the
// program runs meanwhile. A run is over when all its Gs have ended and no timer of theirs is pending. It fails if f returns
// false (void: never), if a fatal error happens in one of its Gs (fatal(), a misuse, a failed assert() without libc), if its
// Gs wait for ever, or if they do not come to an end in a million steps. Then explore() says on standard error why and with
// which seed, runs it again, telling where Gs were preempted, and returns. MSTART_DEBUG=seed=N in the environment, or {.runs =
// 1, .seed = N}, runs that one only.
//
// The order changes when a G parks, yields or ends, and at points: the library's calls that other Gs can see, and
// explore_point(). Gs have random priorities, and the first of them runs; one that is preempted is behind the others then
// (PCT: Burckhardt and others, ASPLOS 2010). The clock starts at the same time in each run, and jumps when all Gs wait.
//
// f makes all that its Gs share anew in each run, and depends on nothing else that changes; Gs outside, files and signals have
// no part in it. What a run that fails has made is never destroyed. f's stack holds 1 MiB. There must be one P: before the
// first go() explore() sees to that itself, as set_procs(1) does; with more Ps it is fatal.
template <class F>
Finding explore(F&& f, const ExploreOptions& options = {}) {
  using Fn = std::remove_reference_t<F>;
  return detail::explore(
      [](void* fn) noexcept {
        Fn& run = *static_cast<Fn*>(fn);
        if constexpr (std::is_void_v<std::invoke_result_t<Fn&>>) {
          std::invoke(run);
          return true;
        } else {
          return static_cast<bool>(std::invoke(run));
        }
      },
      const_cast<std::remove_cv_t<Fn>*>(std::addressof(f)), options);
}

// Another G may run here while explore() or MSTART_DEBUG=seed says so; nothing otherwise. [any] For what the library does not
// see: before each access to a plain atomic that matters.
inline void explore_point() { detail::point(); }

// std::atomic with a point before each operation.
template <class T>
class MarkedAtomic {
 public:
  constexpr MarkedAtomic() = default;
  constexpr MarkedAtomic(T value) : value_(value) {}
  MarkedAtomic(const MarkedAtomic&) = delete;
  MarkedAtomic& operator=(const MarkedAtomic&) = delete;

  template <std::same_as<std::memory_order>... O>
  T load(O... order) const {
    return marked().load(order...);
  }
  template <std::same_as<std::memory_order>... O>
  void store(T value, O... order) {
    marked().store(value, order...);
  }
  template <std::same_as<std::memory_order>... O>
  T exchange(T value, O... order) {
    return marked().exchange(value, order...);
  }
  template <std::same_as<std::memory_order>... O>
  bool compare_exchange_weak(T& expected, T value, O... order) {
    return marked().compare_exchange_weak(expected, value, order...);
  }
  template <std::same_as<std::memory_order>... O>
  bool compare_exchange_strong(T& expected, T value, O... order) {
    return marked().compare_exchange_strong(expected, value, order...);
  }
  template <class U, std::same_as<std::memory_order>... O>
  T fetch_add(U value, O... order) {
    return marked().fetch_add(value, order...);
  }
  template <class U, std::same_as<std::memory_order>... O>
  T fetch_sub(U value, O... order) {
    return marked().fetch_sub(value, order...);
  }
  template <std::same_as<std::memory_order>... O>
  T fetch_and(T value, O... order) {
    return marked().fetch_and(value, order...);
  }
  template <std::same_as<std::memory_order>... O>
  T fetch_or(T value, O... order) {
    return marked().fetch_or(value, order...);
  }
  operator T() const { return marked(); }
  T operator=(T value) { return marked() = value; }
  T operator++() { return ++marked(); }
  T operator++(int) { return marked()++; }
  T operator--() { return --marked(); }
  T operator--(int) { return marked()--; }
  T operator+=(T value) { return marked() += value; }
  T operator-=(T value) { return marked() -= value; }

 private:
  std::atomic<T>& marked() const {
    detail::point();
    return value_;
  }
  mutable std::atomic<T> value_;
};

}  // namespace mstart::inline v0
