// SPDX-License-Identifier: MIT
// Gs: starting them, waiting for their results, giving way, and their threads.
#pragma once

#include <mstart/detail/closure.h>
#include <mstart/result.h>
#include <mstart/sync.h>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace mstart::inline v0 {

// How a G is made. stack_bytes: what its stack can hold, 0 for the default (64 KiB freestanding, 256 KiB hosted); rounded
// up. Stacks do not grow: "fatal error: stack overflow". name: for reports; copied, the first 15 bytes.
struct GoOptions {
  size_t stack_bytes = 0;
  std::string_view name = {};
};

namespace detail {

// Called on the G when its function has returned or called goexit, after the function object is gone.
struct AtEnd {
  void (*fn)(void*) = nullptr;
  void* arg = nullptr;
};

inline constexpr size_t kInlineClosure = 96;  // larger function objects are on the heap

// Go's newproc: makes a G of the function object at `from` and queues it.
Result<void> newproc(const ClosureType& type, void* from, const GoOptions& options, AtEnd at_end);
[[noreturn]] void go_failed();

template <class F>
Result<void> start(F&& f, const GoOptions& options, AtEnd at_end = {}) {
  using Fn = std::decay_t<F>;
  static_assert(std::is_void_v<std::invoke_result_t<Fn>>, "a G's function returns void; spawn() gives a result back");
  static_assert(alignof(Fn) <= 4096, "function objects are aligned to a page at most");
  if constexpr (std::is_function_v<std::remove_reference_t<F>>) {
    Fn pointer = f;
    return newproc(closure_type<Fn, Fn&, invoke_closure_once<Fn>>, &pointer, options, at_end);
  } else {
    check_not_nil(f);
    return newproc(closure_type<Fn, F&&, invoke_closure_once<Fn>>,
                   const_cast<std::remove_cv_t<std::remove_reference_t<F>>*>(std::addressof(f)), options, at_end);
  }
}

}  // namespace detail

// Starts a G that runs f: f is decay-copied, invoked once as an rvalue (as std::thread does), returns void, and is destroyed
// when the G ends. The G is next on this P; an idle P is woken for it. Does not block, makes no system call in the steady
// state. No memory for a stack, or a null f: fatal. Go's `go` statement.
template <class F>
void go(const GoOptions& options, F&& f) {
  const auto r = detail::start(static_cast<F&&>(f), options);
  if (!r) [[unlikely]]
    detail::go_failed();
}
template <class F>
void go(F&& f) {
  go(GoOptions{}, static_cast<F&&>(f));
}

// As go, but no memory is an error (not_enough_memory) instead of fatal; nothing has happened then.
template <class F>
Result<void> try_go(F&& f) {
  return detail::start(static_cast<F&&>(f), {});
}

// Lets the other runnable Gs of this P run first: this one goes to the tail of the P's queue. Fatal in a NoPreempt scope. Go's
// Gosched, which uses the global queue.
void yield();

// Ends this G only. No destructor of its stack runs; its function object is destroyed. For Scope, WaitGroup and Once it is
// then done. From main: the other Gs go on. Go's runtime.Goexit.
[[noreturn]] void goexit();

// The id of this G: main's is 1; ids are never used again.
uint64_t this_g();

// How many Gs can run at once. At first the smallest of: CPUs in the affinity mask, the cgroup's CPU quota (rounded up, at
// least 2); or MSTART_PROCS. set_procs returns the previous value; n < 1 changes nothing; after the first go() it is fatal.
int procs();
int set_procs(int n);

int num_g();  // [any] Gs alive, with main
int num_m();  // [any] threads

// How many threads there may be at most: 10,000 at first. Returns the previous value; n < 1 changes nothing. At the limit
// births are refused as the kernel refuses them: work waits for a thread, and it is said once. When no G can ever run for
// want of one: "fatal error: thread exhaustion". Go's debug.SetMaxThreads.
int set_max_threads(int n);

// Ties this G to its thread, until as many unlock_thread() as lock_thread(): no other G runs on it, and its kernel state
// (name, namespaces, mask, affinity) is nobody else's. A G that ends locked takes its thread with it. Go's LockOSThread.
void lock_thread();
void unlock_thread();
class [[nodiscard]] ThreadLock {
 public:
  ThreadLock() { lock_thread(); }
  ~ThreadLock() { unlock_thread(); }
  ThreadLock(const ThreadLock&) = delete;
  ThreadLock& operator=(const ThreadLock&) = delete;
};

// While one lives, this G keeps its P: to park in its scope is fatal.
class [[nodiscard]] NoPreempt {
 public:
  NoPreempt();
  ~NoPreempt();
  NoPreempt(const NoPreempt&) = delete;
  NoPreempt& operator=(const NoPreempt&) = delete;
};

// Ends the process. [any] exit_group(2); nothing is flushed or destroyed, nobody is asked.
[[noreturn]] void exit_process(int status);
// "fatal error: <message>", the state of the Gs, status 2. [any]
[[noreturn]] void fatal(std::string_view message);

namespace detail {

// What a spawned G and its Task share: dropped by whoever is last.
struct TaskState {
  void (*free)(TaskState*) noexcept = nullptr;
  std::atomic<uint32_t> word{0};
  std::atomic<uint32_t> owners{2};
};
void task_ended(void* state);  // an AtEnd
void task_wait(TaskState*);    // parks until task_ended
bool task_done(const TaskState*);
void task_drop(TaskState*);
void* heap_alloc(size_t bytes, size_t align);
void heap_free(void*);
[[noreturn]] void task_misuse(const char* what);

template <class T>
struct TaskResult : TaskState {
  std::optional<T> value;
};
template <>
struct TaskResult<void> : TaskState {};

template <class T, class Fn>
struct TaskOf : TaskResult<T> {
  template <class F>
  explicit TaskOf(F&& f) noexcept : fn(static_cast<F&&>(f)) {}
  ~TaskOf() {}
  void run() {
    if constexpr (std::is_void_v<T>)
      std::invoke(std::move(fn));
    else
      this->value.emplace(std::invoke(std::move(fn)));
  }
  union {
    Fn fn;  // destroyed when the G ends, which may be long before the Task is
  };
};

}  // namespace detail

// The result of a G that spawn() started. Move-only; a default-made or moved-from one is empty, and to join, ask or detach
// that is fatal. The destructor and assignment wait for the G, as std::jthread's do.
template <class T>
class [[nodiscard]] Task {
 public:
  Task() = default;
  Task(Task&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      finish();
      state_ = std::exchange(other.state_, nullptr);
    }
    return *this;
  }
  ~Task() { finish(); }

  // Parks until the G has ended and returns its result; the Task is empty then. Fatal if the function called goexit(),
  // unless it returns void.
  T join() {
    detail::TaskResult<T>* state = std::exchange(state_, nullptr);
    if (state == nullptr) detail::task_misuse("join of an empty Task");
    detail::task_wait(state);
    if constexpr (std::is_void_v<T>) {
      detail::task_drop(state);
    } else {
      if (!state->value) detail::task_misuse("join of a Task whose function called goexit");
      T result = std::move(*state->value);
      detail::task_drop(state);
      return result;
    }
  }
  bool done() const {
    if (state_ == nullptr) detail::task_misuse("done of an empty Task");
    return detail::task_done(state_);
  }
  // Lets the G go on by itself; its result is dropped.
  void detach() {
    if (state_ == nullptr) detail::task_misuse("detach of an empty Task");
    detail::task_drop(std::exchange(state_, nullptr));
  }
  explicit operator bool() const { return state_ != nullptr; }

 private:
  template <class F>
  friend auto spawn(const GoOptions& options, F&& f) -> Task<std::invoke_result_t<std::decay_t<F>>>;
  explicit Task(detail::TaskResult<T>* state) : state_(state) {}
  void finish() {
    if (state_ == nullptr) return;
    detail::task_wait(state_);
    detail::task_drop(std::exchange(state_, nullptr));
  }
  detail::TaskResult<T>* state_ = nullptr;
};

// Like go, with a result: f may return an object (not a reference) or void.
template <class F>
auto spawn(const GoOptions& options, F&& f) -> Task<std::invoke_result_t<std::decay_t<F>>> {
  using Fn = std::decay_t<F>;
  using T = std::invoke_result_t<Fn>;
  static_assert(std::is_void_v<T> || std::is_object_v<T>, "a Task holds an object or void");
  using State = detail::TaskOf<T, Fn>;
  detail::check_not_nil<Fn>(f);
  auto* state = ::new (detail::heap_alloc(sizeof(State), alignof(State))) State(static_cast<F&&>(f));
  state->free = [](detail::TaskState* s) noexcept {
    static_cast<State*>(s)->~State();
    detail::heap_free(static_cast<State*>(s));
  };
  // Destroys the function when the G ends, though the state lives on.
  struct Body {
    State* state;
    explicit Body(State* s) : state(s) {}
    Body(Body&& other) noexcept : state(std::exchange(other.state, nullptr)) {}
    ~Body() {
      if (state != nullptr) state->fn.~Fn();
    }
    void operator()() { state->run(); }
  };
  const auto r = detail::start(Body(state), options, {detail::task_ended, static_cast<detail::TaskState*>(state)});
  if (!r) detail::go_failed();
  return Task<T>(state);
}
template <class F>
auto spawn(F&& f) {
  return spawn(GoOptions{}, static_cast<F&&>(f));
}

// Gs whose lifetime ends with a C++ scope: the destructor waits for all of them. Declare it after what its Gs use.
class Scope {
 public:
  constexpr Scope() = default;
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope() { wait(); }

  template <class F>
  void go(F&& f) {
    go(GoOptions{}, static_cast<F&&>(f));
  }
  template <class F>
  void go(const GoOptions& options, F&& f) {
    group_.go(options, static_cast<F&&>(f));
  }
  // Parks until all Gs started so far have ended.
  void wait() { group_.wait(); }

 private:
  WaitGroup group_;
};

template <class F>
void WaitGroup::go(const GoOptions& options, F&& f) {
  add(1);
  const auto r =
      detail::start(static_cast<F&&>(f), options, {[](void* group) { static_cast<WaitGroup*>(group)->done(); }, this});
  if (!r) detail::go_failed();
}
template <class F>
void WaitGroup::go(F&& f) {
  go(GoOptions{}, static_cast<F&&>(f));
}

}  // namespace mstart::inline v0
