// SPDX-License-Identifier: MIT
// Synchronisation between Gs. Everything here parks Gs, never threads.
#pragma once

#include <atomic>
#include <cstdint>

namespace mstart::inline v0 {

struct GoOptions;

// Waits for a number of things to be done. An object: no copy, no move, constinit-able; it may be destroyed as soon as the
// wait() that its owner called has returned. Go's sync.WaitGroup.
class WaitGroup {
 public:
  constexpr WaitGroup() = default;
  WaitGroup(const WaitGroup&) = delete;
  WaitGroup& operator=(const WaitGroup&) = delete;

  // n more (or fewer) to wait for; at 0 the waiters are readied. Does not block. Below 0, or up from 0 while a wait() is
  // being woken: fatal. Calls that start from 0 happen before wait().
  void add(int n);
  void done() { add(-1); }
  // Parks until the count is 0. Every done() that brought it there happens before the return.
  void wait();
  // add(1), and a G that runs f and is done() at its end, goexit() included. Include <mstart/go.h>.
  template <class F>
  void go(F&& f);
  template <class F>
  void go(const GoOptions& options, F&& f);

 private:
  std::atomic<uint64_t> state_{0};  // bit 0: somebody waits; above: the count
};

}  // namespace mstart::inline v0
