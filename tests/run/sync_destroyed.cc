// SPDX-License-Identifier: MIT
// An object may be destroyed as soon as the call that waited on it has returned, though the call that woke it is still running:
// its memory is written over at once, and nobody else may write there.
#include <cstring>
#include <mutex>

#include "expect.h"

using namespace mstart;

namespace {

constexpr unsigned char kGone = 0x5a;

// Room for an object; what it is after end() stays as it is.
template <class T>
class Mortal {
 public:
  template <class... A>
  explicit Mortal(A... a) : object_(new(room_) T(a...)) {}
  T* operator->() { return object_; }
  T& operator*() { return *object_; }
  void end() {
    object_->~T();
    memset(room_, kGone, sizeof room_);
  }
  void expect_untouched(std::string_view what) const {
    for (const unsigned char c : room_) expect(c == kGone, what);
  }

 private:
  alignas(T) unsigned char room_[sizeof(T)];
  T* object_;
};

// Two Gs, many times: `first` is the call that wakes, `last` waits and ends the object.
template <class T, class... A, class First, class Last>
void stress(std::string_view what, First first, Last last, A... a) {
  for (int round = 0; round < rounds(4'000); ++round) {
    Mortal<T> object(a...);
    std::atomic<int> begun{0};
    Gate held;
    Scope scope;
    scope.go([&] {
      first(*object, [&] {
        held.open();
        // Sometimes the other is to come first, and sometimes last.
        for (int i = round % 5; i > 0 && begun == 0; --i) yield();
      });
    });
    scope.go([&] {
      held.wait();
      begun = 1;
      last(*object);
      object.end();
    });
    scope.wait();
    object.expect_untouched(what);
  }
}

}  // namespace

int main() {
  set_procs(4);
  const auto lock = [](auto& m) { m.lock(), m.unlock(); };
  stress<Mutex>("Mutex", [](Mutex& m, auto&& held) { m.lock(), held(), m.unlock(); }, lock);
  const auto write = [](SharedMutex& m, auto&& held) { m.lock(), held(), m.unlock(); };
  stress<SharedMutex>("SharedMutex, written", write, lock);
  stress<SharedMutex>("SharedMutex, written and read", write,
                      [](SharedMutex& m) { m.lock_shared(), m.unlock_shared(); });
  stress<SharedMutex>(
      "SharedMutex, read and written", [](SharedMutex& m, auto&& held) { m.lock_shared(), held(), m.unlock_shared(); },
      lock);
  stress<Semaphore>(
      "Semaphore", [](Semaphore& s, auto&& held) { held(), s.release(); }, [](Semaphore& s) { s.acquire(); }, 0);
  stress<Once>("Once", [](Once& o, auto&& held) { o.call(held); }, [](Once& o) { o.call([] {}); });
  struct Event {
    Mutex mutex;
    CondVar cond;
    bool happened = false;
  };
  stress<Event>(
      "CondVar and its Mutex",
      [](Event& e, auto&& held) {
        held();
        const std::lock_guard guard(e.mutex);
        e.happened = true;
        e.cond.notify_all();
      },
      [](Event& e) {
        std::unique_lock guard(e.mutex);
        e.cond.wait(guard, [&] { return e.happened; });
      });
}
