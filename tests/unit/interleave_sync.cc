// SPDX-License-Identifier: MIT
// Mutex, SharedMutex, CondVar, Once and Semaphore in every order: the real words and the real ways of those that wait, over a
// parking lot that is a mutex and lists. Who waits for what, who is woken, and that the waker touches nothing too late, is what
// these files are about; the lot itself is tested by sema_test.
#include <doctest/doctest.h>
#include <mstart/detail/point.h>

#include <atomic>
#include <bit>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "tests/unit/interleave_os.h"
#include "tests/unit/scale.h"

namespace checked {
namespace mstart {
using namespace ::mstart;
}
namespace mstart::inline v0::detail {
using ::mstart::detail::point;
}
#include "runtime/condvar.cc"
#include "runtime/mutex.cc"
#include "runtime/once.cc"
#include "runtime/semaphore.cc"
}  // namespace checked

using interleave::Checker;
using interleave::Data;
using interleave::Limits;
using interleave::Outcome;
using namespace checked::mstart::runtime;
namespace detail = checked::mstart::detail;

// ---- the scheduler and the lot of the model ---------------------------------------------------------------------------

namespace {

constexpr int kMostWaiters = 4;

// All of one run. Plain members are the test's own: the threads are coroutines of one thread.
struct World {
  interleave::Atomic<uint32_t> bucket{0};
  struct Bed {
    interleave::Atomic<uint32_t> asleep{0};
    bool taken = false;
  } beds[kMostWaiters];
  Waiter* queue[kMostWaiters] = {};  // in order, of all keys
  int queued = 0;
  bool may_spin = false, may_starve = false;
};
World* world;

Checker& checker() { return *Checker::current(); }

}  // namespace

namespace checked::mstart::runtime {

struct Bucket {};
constinit Bucket the_bucket;

Lot::Lot(const void*) : bucket_(the_bucket) { checker().lock(world->bucket.word()); }
void Lot::unlock() { checker().unlock(world->bucket.word()); }
Waiter* Lot::first(const void* key) const {
  for (int i = 0; i < world->queued; ++i) {
    if (world->queue[i]->key == key) return world->queue[i];
  }
  return nullptr;
}
Waiter* Lot::take(const void* key) {
  Waiter* waiter = first(key);
  if (waiter != nullptr) remove(waiter);
  return waiter;
}
void Lot::remove(Waiter* waiter) {
  int n = 0;
  for (int i = 0; i < world->queued; ++i) {
    if (world->queue[i] != waiter) world->queue[n++] = world->queue[i];
  }
  checker().require(n == world->queued - 1, "it is not queued");
  world->queued = n;
  waiter->prev = nullptr;
}
void Lot::push_back(Waiter* waiter) {
  world->queue[world->queued++] = waiter;
  waiter->prev = waiter;
}
void Lot::push_front(Waiter* waiter) {
  for (int i = world->queued++; i > 0; --i) world->queue[i] = world->queue[i - 1];
  world->queue[0] = waiter;
  waiter->prev = waiter;
}
// g says on which bed the thread sleeps.
void Lot::park(Waiter* waiter, WaitReason) {
  World::Bed* bed = world->beds;
  while (bed->taken) ++bed;
  bed->taken = true;
  bed->asleep.store(1, ::std::memory_order_relaxed);
  waiter->g = reinterpret_cast<G*>(bed);
  unlock();
  while (bed->asleep.load(::std::memory_order_acquire) == 1) checker().sleep_on(bed->asleep.word(), 1);
  bed->taken = false;
}
bool park_for_ever(Lot& lot, Waiter* waiter, WaitReason reason, int64_t) {
  lot.park(waiter, reason);
  return true;
}
void Woken::ready() {
  for (Waiter* waiter = first_; waiter != nullptr;) {
    Waiter* next = waiter->next;
    auto& word = reinterpret_cast<World::Bed*>(waiter->g)->asleep;
    word.store(0, ::std::memory_order_release);
    checker().wake(word.word(), 1);
    waiter = next;
  }
}
bool lot_park(const void* key, bool (*still)(void*), void* arg, WaitReason reason) {
  Waiter self(key);
  Lot lot(key);
  if (!still(arg)) {
    lot.unlock();
    return false;
  }
  lot.push_back(&self);
  lot.park(&self, reason);
  return true;
}
void lot_wake_all(const void* key, void (*before)(void*), void* arg) {
  Woken woken;
  Lot lot(key);
  while (Waiter* waiter = lot.take(key)) woken.add(waiter);
  if (before != nullptr) before(arg);
  lot.unlock();
  woken.ready();
}

bool worth_spinning(int spins) { return world->may_spin && spins < 1; }
void spin() {}
void give_way() {}
void watch_locks() {}
void throw_error(const char* text) {
  checker().fail(text);
  __builtin_trap();
}

}  // namespace checked::mstart::runtime

namespace checked::mstart::os {
int64_t nanotime() { return world->may_starve && checker().choose(2) == 1 ? 5'000'000 : 1; }
}  // namespace checked::mstart::os

namespace checked::mstart::inline v0::detail {
void push_ending(Ending*) {}
void remove_ending(Ending*) {}
}  // namespace checked::mstart::inline v0::detail

// ---- the tests ----------------------------------------------------------------------------------------------------------

namespace {

#define SYNC_TEST(name) \
  TEST_CASE(name* doctest::skip(mstart::test::kTsan || mstart::test::kAsan || mstart::test::emulated()))

template <class Objects>
struct Shared : World, Objects {
  Data<int> data, other;
  int plain = 0;
  void add() { data.set(data.get() + 1); }
};

struct Options {
  bool spin = false, starve = false;
};

// play(state, checker) makes the threads.
template <class Objects, class F>
void in_all_orders(const Limits& limits, Options options, F play) {
  const Outcome outcome = interleave::explore(limits, [&](Checker& c) {
    auto s = std::make_shared<Shared<Objects>>();
    world = s.get();
    s->may_spin = options.spin;
    s->may_starve = options.starve;
    play(s, c);
  });
  CHECK(outcome.failure == "");
  CHECK(outcome.runs > 3);
}

// The end of an object whose first member is a word, and the only one that others touch.
template <class Word, class Object>
void end_of(Object& object) {
  static_assert(sizeof(Object) >= sizeof(Word));
  checker().bury(reinterpret_cast<Word&>(object).word());
}

using checked::mstart::CondVar;
using checked::mstart::Mutex;
using checked::mstart::Once;
using checked::mstart::Semaphore;
using checked::mstart::SharedMutex;
using detail::LockWord;

struct OneMutex {
  Mutex mutex;
};
struct OneShared {
  SharedMutex mutex;
};
struct Cond {
  Mutex mutex;
  CondVar cond;
};
struct OneOnce {
  Once once;
};
struct OneSemaphore {
  Semaphore permits{0};
};

constexpr Options kOptions[] = {{}, {.spin = true}, {.starve = true}, {.spin = true, .starve = true}};

}  // namespace

SYNC_TEST("Mutex: one at a time, and everybody comes in") {
  for (const Options options : kOptions) {
    const auto play = [](int threads, int times) {
      return [=](auto s, Checker& c) {
        for (int i = 0; i < threads; ++i) {
          c.thread([=] {
            for (int j = 0; j < times; ++j) {
              s->mutex.lock();
              s->add();
              s->mutex.unlock();
            }
          });
        }
        c.at_end([=, &c] { c.require(s->data.get() == threads * times, "an addition was lost"); });
      };
    };
    in_all_orders<OneMutex>({.stale_reads = 1}, options, play(2, 1));
    in_all_orders<OneMutex>({.preemptions = 3, .stale_reads = 1}, options, play(2, 2));
    in_all_orders<OneMutex>({.preemptions = 2, .stale_reads = 0}, options, play(3, 2));
  }
}

SYNC_TEST("Mutex: who locks it next may destroy it") {
  for (const Options options : kOptions) {
    in_all_orders<OneMutex>({.stale_reads = 1}, options, [](auto s, Checker& c) {
      s->mutex.lock();
      c.thread([=] { s->mutex.unlock(); });
      c.thread([=] {
        s->mutex.lock();
        s->mutex.unlock();
        end_of<LockWord>(s->mutex);
      });
    });
    // The third is the last, whichever of the others was first.
    in_all_orders<OneMutex>({.preemptions = 3, .stale_reads = 0}, options, [](auto s, Checker& c) {
      s->mutex.lock();
      c.thread([=] { s->mutex.unlock(); });
      for (int i = 0; i < 2; ++i) {
        c.thread([=] {
          s->mutex.lock();
          const bool last = ++s->plain == 2;
          s->mutex.unlock();
          if (last) end_of<LockWord>(s->mutex);
        });
      }
    });
  }
}

SYNC_TEST("SharedMutex: writers alone, readers together, and everybody comes in") {
  for (const Options options : {Options{}, Options{.starve = true}}) {
    const auto play = [](int writers, int readers) {
      return [=](auto s, Checker& c) {
        for (int i = 0; i < writers; ++i) {
          c.thread([=] {
            s->mutex.lock();
            s->add();
            s->other.set(s->data.get());
            s->mutex.unlock();
          });
        }
        for (int i = 0; i < readers; ++i) {
          c.thread([=, &c] {
            s->mutex.lock_shared();
            c.require(s->data.get() == s->other.get(), "a reader sees half a change");
            s->mutex.unlock_shared();
          });
        }
      };
    };
    in_all_orders<OneShared>({.stale_reads = 1}, options, play(1, 1));
    in_all_orders<OneShared>({.preemptions = 3, .stale_reads = 1}, options, play(1, 2));
    in_all_orders<OneShared>({.preemptions = 3, .stale_reads = 0}, options, play(2, 1));
    in_all_orders<OneShared>({.preemptions = 2, .stale_reads = 0}, options, play(2, 2));
  }
}

SYNC_TEST("SharedMutex: who comes in next, and is the last, may destroy it") {
  // A writer leaves, a reader comes.
  in_all_orders<OneShared>({.stale_reads = 1}, {}, [](auto s, Checker& c) {
    s->mutex.lock();
    c.thread([=] { s->mutex.unlock(); });
    c.thread([=] {
      s->mutex.lock_shared();
      s->mutex.unlock_shared();
      end_of<LockWord>(s->mutex);
    });
  });
  // Two readers leave, a writer comes.
  in_all_orders<OneShared>({.preemptions = 4, .stale_reads = 1}, {}, [](auto s, Checker& c) {
    for (int i = 0; i < 2; ++i) {
      s->mutex.lock_shared();
      c.thread([=] { s->mutex.unlock_shared(); });
    }
    c.thread([=] {
      s->mutex.lock();
      s->mutex.unlock();
      end_of<LockWord>(s->mutex);
    });
  });
  // A writer leaves; a writer and a reader come, the second of them ends it.
  for (const Options options : {Options{}, Options{.starve = true}}) {
    in_all_orders<OneShared>({.preemptions = 3, .stale_reads = 0}, options, [](auto s, Checker& c) {
      s->mutex.lock();
      c.thread([=] { s->mutex.unlock(); });
      c.thread([=] {
        s->mutex.lock();
        const bool last = ++s->plain == 2;
        s->mutex.unlock();
        if (last) end_of<LockWord>(s->mutex);
      });
      c.thread([=] {
        s->mutex.lock_shared();
        const bool last = ++s->plain == 2;
        s->mutex.unlock_shared();
        if (last) end_of<LockWord>(s->mutex);
      });
    });
  }
}

SYNC_TEST("CondVar: a notify after the lock was opened is not lost, and there is no wake-up without one") {
  for (const int waiters : {1, 2}) {
    in_all_orders<Cond>({.preemptions = 3, .stale_reads = waiters == 1 ? 1 : 0}, {}, [=](auto s, Checker& c) {
      for (int i = 0; i < waiters; ++i) {
        c.thread([=, &c] {
          s->mutex.lock();
          if (s->data.get() == 0) s->cond.wait(s->mutex);
          c.require(s->data.get() != 0, "woken for nothing");
          s->mutex.unlock();
        });
      }
      c.thread([=] {
        s->mutex.lock();
        s->data.set(1);
        s->mutex.unlock();
        s->cond.notify_all();
      });
    });
  }
  // Each notify_one is for one.
  in_all_orders<Cond>({.preemptions = 2, .stale_reads = 0}, {}, [](auto s, Checker& c) {
    for (int i = 0; i < 2; ++i) {
      c.thread([=] {
        s->mutex.lock();
        while (s->data.get() == 0) s->cond.wait(s->mutex);
        s->data.set(s->data.get() - 1);
        s->mutex.unlock();
      });
    }
    c.thread([=] {
      for (int i = 0; i < 2; ++i) {
        s->mutex.lock();
        s->add();
        s->mutex.unlock();
        s->cond.notify_one();
      }
    });
  });
}

SYNC_TEST("CondVar: the G that was notified may destroy it, and the mutex") {
  in_all_orders<Cond>({.preemptions = 4, .stale_reads = 1}, {}, [](auto s, Checker& c) {
    c.thread([=] {
      s->mutex.lock();
      while (s->data.get() == 0) s->cond.wait(s->mutex);
      s->mutex.unlock();
      end_of<interleave::Atomic<uint32_t>>(s->cond);
      end_of<LockWord>(s->mutex);
    });
    c.thread([=] {
      s->mutex.lock();
      s->data.set(1);
      s->cond.notify_one();
      s->mutex.unlock();
    });
  });
}

SYNC_TEST("Once: run once, and done for whoever returns; who has not run it may destroy it") {
  for (const int others : {1, 2}) {
    in_all_orders<OneOnce>({.preemptions = others == 1 ? -1 : 3, .stale_reads = 1}, {}, [=](auto s, Checker& c) {
      for (int i = 0; i < others + 1; ++i) {
        c.thread([=, &c] {
          bool ran = false;
          s->once.call([&] {
            ran = true;
            s->add();
          });
          c.require(s->data.get() == 1, "not run once");
          ++s->plain;
          if (others == 1 && !ran) end_of<interleave::Atomic<uint32_t>>(s->once);
        });
      }
      c.at_end([=, &c] { c.require(s->plain == others + 1, "somebody has not returned"); });
    });
  }
}

SYNC_TEST("Semaphore: no permit is lost, and who gets the last may destroy it") {
  in_all_orders<OneSemaphore>({.stale_reads = 1}, {}, [](auto s, Checker& c) {
    c.thread([=] {
      s->data.set(1);
      s->permits.release();
    });
    c.thread([=, &c] {
      s->permits.acquire();
      c.require(s->data.get() == 1, "not released before it was acquired");
      end_of<interleave::Atomic<int64_t>>(s->permits);
    });
  });
  for (const int at_once : {1, 2}) {
    in_all_orders<OneSemaphore>({.preemptions = 3, .stale_reads = 1}, {}, [=](auto s, Checker& c) {
      for (int i = 0; i < 2; ++i) c.thread([=] { s->permits.acquire(); });
      c.thread([=] {
        for (int n = 0; n < 2; n += at_once) s->permits.release(at_once);
      });
      c.at_end([=, &c] { c.require(!s->permits.try_acquire(), "a permit too many"); });
    });
  }
}
