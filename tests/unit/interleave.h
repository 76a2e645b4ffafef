// SPDX-License-Identifier: MIT
// Runs two or three threads over a small structure in every order, and lets every atomic read see every value that C++'s
// memory model lets it see. What x86 never does, what qemu on x86 cannot show and what TSan does not model (seq_cst as
// opposed to acquire and release) is found here.
//
// The structure is the real header, included into a namespace in which `std::atomic` and the futex calls are those below:
//
//   namespace checked {
//   namespace std { using namespace ::std; template <class T> using atomic = interleave::Atomic<T>; }
//   #include "runtime/runq.h"
//   }
//
// How. The threads are coroutines on one host thread. Before each atomic operation the checker chooses who goes on, and in
// each load which message of the word it reads: each word keeps all values written to it, in order; a thread may read any
// that is not older than what it knows (its view); acquire joins the view that a release left with the value. Read-modify-
// writes take the newest. seq_cst operations on one word also see each other in the order of their execution, which is the
// one total order S. Choices are a path in a tree that is walked depth first, by running the whole test again for each path.
// Orders that only swap independent neighbours are walked once (sleep sets; Godefroid 1996).
//
// Not modelled: a store in the middle of a word's order, and loads of values that are written later (both need two threads
// that write one word without looking, or write first and read after; our structures' words have one plain writer each).
// A thread reads an old value at most `stale_reads` times in one run, else a loop could do so for ever. Fences are absent.
//
// Data<T> is plain memory: two accesses that no happens-before orders, one of them a write, fail the run.
//
// Code under test must not keep anything with a destructor on a stack: runs are cut off in the middle.
#pragma once

#include <setjmp.h>
#include <ucontext.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace interleave {

inline constexpr int kMaxThreads = 5;  // the first is the one that sets up and looks at the end
inline constexpr int kMaxWords = 40;

struct Limits {
  int preemptions = -1;       // of a thread that could go on; -1: all orders
  int stale_reads = 2;        // a thread, a run
  uint64_t runs = 3'000'000;  // more than that is a mistake in the test
};

struct Outcome {
  std::string failure;   // empty: none
  uint64_t runs = 0;     // finished ones
  uint64_t cut_off = 0;  // that would only have repeated others
};

// What a thread knows: the newest message of each word that it must see, and how far each thread is known to have come.
struct View {
  uint16_t word[kMaxWords] = {};
  uint16_t thread[kMaxThreads] = {};
  void join(const View& other) {
    for (int i = 0; i < kMaxWords; ++i) word[i] = word[i] < other.word[i] ? other.word[i] : word[i];
    for (int i = 0; i < kMaxThreads; ++i) thread[i] = thread[i] < other.thread[i] ? other.thread[i] : thread[i];
  }
};

class Checker {
 public:
  // Makes the shared state and the threads of one run.
  using Setup = std::function<void(Checker&)>;

  Outcome explore(const Limits& limits, const Setup& setup);

  // For setup.
  void thread(std::function<void()> body) { bodies_.push_back(std::move(body)); }
  void at_end(std::function<void()> body) { end_ = std::move(body); }
  void may_end_asleep() { may_end_asleep_ = true; }  // else it is a failure if all that are left sleep

  // For the threads.
  void fail(const std::string& text);
  void require(bool holds, const char* text) {
    if (!holds) fail(text);
  }
  uint32_t choose(uint32_t options);
  // The object that the word is in has ended: whoever uses it from here on fails the run.
  void bury(int word) { buried_ |= uint64_t{1} << word; }

  // For Atomic, Data and the futexes.
  static Checker* current() { return current_; }
  int new_word(uint64_t value);
  uint64_t load(int word, std::memory_order order);
  void store(int word, uint64_t value, std::memory_order order);
  template <class F>
  uint64_t update(int word, F change, std::memory_order order);
  bool compare_exchange(int word, uint64_t* expected, uint64_t desired, std::memory_order success,
                        std::memory_order failure);
  void lock(int word);
  void unlock(int word);
  void sleep_on(int word, uint64_t value);
  void wake(int word, uint32_t n);
  bool may_wake_for_nothing();
  struct DataState {
    int writer = 0;
    uint16_t written = 0;
    uint16_t read[kMaxThreads] = {};
  };
  void data_access(DataState& data, bool writes);

 private:
  struct Message {
    uint64_t value;
    View released;
  };
  struct Word {
    std::vector<Message> messages;
    uint16_t seq_cst = 0;  // the newest message that a seq_cst operation has read or written
  };
  enum class State { kReady, kAsleep, kDone };
  enum class Access { kNone, kRead, kReadSeqCst, kWrite };
  struct Thread {
    std::unique_ptr<char[]> stack;  // null: no coroutine yet
    jmp_buf begin;                  // where it begins a run
    jmp_buf place;                  // where it goes on
    State state;
    View view;
    int stale_left;
    bool spurious_left;
    int pending_word;  // what it will do when it goes on
    Access pending;
    int asleep_on;
  };
  struct Choice {
    uint32_t taken, options;
  };
  static constexpr size_t kStackBytes = 64 * 1024;
  static constexpr int kMostSteps = 2000;

  bool next_path();
  void run_once(const Setup& setup);
  static void coroutine();
  void make_coroutine(Thread& t);
  void before(int word, Access access);
  bool dependent(const Thread& a, const Thread& b) const;
  void trace(const char* what, int word, uint64_t value) {
    if (tracing_)
      trace_ += "\n  T" + std::to_string(running_) + " " + what + " #" + std::to_string(word) + " " +
                std::to_string(static_cast<int64_t>(value));
  }
  void reschedule();
  void switch_to(int thread);
  void stop() { switch_to(0); }
  Thread& self() { return threads_[running_]; }
  View& view() { return self().view; }
  uint64_t read(int word, size_t message, std::memory_order order);
  void write(int word, uint64_t value, const View* continued, std::memory_order order);
  static bool acquires(std::memory_order o) {
    return o == std::memory_order_acquire || o == std::memory_order_acq_rel || o == std::memory_order_seq_cst;
  }
  static bool releases(std::memory_order o) {
    return o == std::memory_order_release || o == std::memory_order_acq_rel || o == std::memory_order_seq_cst;
  }

  static inline Checker* current_ = nullptr;
  Limits limits_;
  Outcome outcome_;
  std::vector<Choice> path_;
  size_t at_ = 0;
  std::vector<std::function<void()>> bodies_;
  std::function<void()> end_;
  std::vector<Word> words_;
  size_t word_count_ = 0;
  Thread threads_[kMaxThreads];
  int running_ = 0, thread_count_ = 0, steps_ = 0, preemptions_ = 0;
  Thread* starting_thread_ = nullptr;
  bool starting_ = false, cut_off_ = false, may_end_asleep_ = false, tracing_ = false;
  std::string trace_;
  uint64_t buried_ = 0;
  uint32_t sleepers_ = 0;  // the sleep set: threads whose next step was walked before all that is independent of it
};

inline Outcome explore(const Limits& limits, const Checker::Setup& setup) {
  return std::make_unique<Checker>()->explore(limits, setup);
}

// ---- the tree of choices ----------------------------------------------------------------------------------------------

inline Outcome Checker::explore(const Limits& limits, const Setup& setup) {
  limits_ = limits;
  current_ = this;
  do {
    run_once(setup);
    if (outcome_.runs > limits_.runs) fail("more runs than the limit");
  } while (outcome_.failure.empty() && next_path());
  if (!outcome_.failure.empty()) {
    tracing_ = true;
    run_once(setup);  // the same path again, to tell it
    outcome_.failure += trace_;
  }
  current_ = nullptr;
  return outcome_;
}

inline bool Checker::next_path() {
  while (!path_.empty() && path_.back().taken + 1 == path_.back().options) path_.pop_back();
  if (path_.empty()) return false;
  ++path_.back().taken;
  return true;
}

inline uint32_t Checker::choose(uint32_t options) {
  if (options <= 1) return 0;
  if (at_ == path_.size()) path_.push_back({0, options});
  return path_[at_++].taken;
}

inline void Checker::fail(const std::string& text) {
  if (outcome_.failure.empty()) {
    outcome_.failure = text;
  }
  cut_off_ = true;
  if (running_ != 0) stop();
}

// ---- one run ----------------------------------------------------------------------------------------------------------

inline void Checker::run_once(const Setup& setup) {
  at_ = 0;
  word_count_ = 0;
  running_ = steps_ = preemptions_ = 0;
  sleepers_ = 0;
  buried_ = 0;
  cut_off_ = may_end_asleep_ = false;
  bodies_.clear();
  end_ = nullptr;
  threads_[0].view = {};
  threads_[0].view.thread[0] = 1;
  setup(*this);
  thread_count_ = static_cast<int>(bodies_.size()) + 1;
  // Each runs up to its first operation.
  starting_ = true;
  for (int i = 1; i < thread_count_; ++i) {
    Thread& t = threads_[i];
    t.state = State::kReady;
    t.view = threads_[0].view;
    t.view.thread[i] = 1;
    t.stale_left = limits_.stale_reads;
    t.spurious_left = true;
    t.pending = Access::kNone;
    if (t.stack == nullptr) make_coroutine(t);
    memcpy(&t.place, &t.begin, sizeof t.begin);
    if (!cut_off_) switch_to(i);
  }
  starting_ = false;
  ++threads_[0].view.thread[0];
  if (!cut_off_) reschedule();
  if (cut_off_) {
    ++outcome_.cut_off;
    return;
  }
  ++outcome_.runs;
  for (int i = 1; i < thread_count_; ++i) threads_[0].view.join(threads_[i].view);
  if (end_) end_();
}

// A coroutine lives as long as the checker; each run begins it anew, wherever the last one has left it.
inline void Checker::make_coroutine(Thread& t) {
  t.stack = std::make_unique<char[]>(kStackBytes);
  ucontext_t here, there;
  getcontext(&there);
  there.uc_stack.ss_sp = t.stack.get();
  there.uc_stack.ss_size = kStackBytes;
  there.uc_link = nullptr;
  makecontext(&there, coroutine, 0);
  starting_thread_ = &t;
  if (_setjmp(threads_[0].place) == 0) swapcontext(&here, &there);
}

inline void Checker::coroutine() {
  if (_setjmp(current_->starting_thread_->begin) == 0) _longjmp(current_->threads_[0].place, 1);
  Checker& c = *current_;
  c.bodies_[static_cast<size_t>(c.running_) - 1]();
  c.self().state = State::kDone;
  if (c.starting_) c.stop();
  c.reschedule();
}

inline void Checker::switch_to(int thread) {
  if (thread == running_) return;
  Thread& from = self();
  running_ = thread;
  if (_setjmp(from.place) == 0) _longjmp(threads_[thread].place, 1);
}

// The point before an operation on a word that others may see: somebody else may go first.
inline void Checker::before(int word, Access access) {
  if (running_ == 0) return;
  self().pending_word = word;
  self().pending = access;
  if (starting_)
    stop();
  else
    reschedule();
  if ((buried_ >> word & 1) != 0) fail("a word is used after its end");
}

// Does it matter which of the two goes first?
inline bool Checker::dependent(const Thread& a, const Thread& b) const {
  if (a.pending == Access::kNone || b.pending == Access::kNone || a.pending_word != b.pending_word) return false;
  if (a.pending == Access::kWrite || b.pending == Access::kWrite) return true;
  if (a.pending != Access::kReadSeqCst || b.pending != Access::kReadSeqCst) return false;
  // What one of them reads, the next must not be older than.
  const Word& w = words_[static_cast<size_t>(a.pending_word)];
  return w.seq_cst + 1U != w.messages.size();
}

// Chooses who goes on. On thread 0: returns when the run is over.
inline void Checker::reschedule() {
  int candidates[kMaxThreads];
  uint32_t n = 0, alive = 0, ready = 0;
  const auto consider = [&](int i) {
    if (threads_[i].state != State::kDone) ++alive;
    if (threads_[i].state != State::kReady) return;
    ++ready;
    if ((sleepers_ >> i & 1) == 0) candidates[n++] = i;
  };
  const bool can_go_on = running_ != 0 && self().state == State::kReady;
  if (running_ != 0) consider(running_);
  for (int i = 1; i < thread_count_; ++i) {
    if (i != running_) consider(i);
  }
  if (alive == 0 || (ready == 0 && may_end_asleep_)) return stop();
  if (ready == 0) return fail("all threads sleep");
  if (++steps_ > kMostSteps) return fail("no end");
  if (n == 0) {
    cut_off_ = true;  // all that could come now has been walked
    return stop();
  }
  if (limits_.preemptions >= 0 && can_go_on && preemptions_ >= limits_.preemptions) n = 1;
  const uint32_t taken = choose(n);
  const int next = candidates[taken];
  if (can_go_on && next != running_) ++preemptions_;
  if (limits_.preemptions < 0) {  // with a limit, an order that is left out may be one that stands for others
    for (uint32_t i = 0; i < taken; ++i) sleepers_ |= 1U << candidates[i];
    for (int i = 1; i < thread_count_; ++i) {
      if (dependent(threads_[i], threads_[next])) sleepers_ &= ~(1U << i);
    }
  }
  switch_to(next);
}

// ---- words ------------------------------------------------------------------------------------------------------------

inline int Checker::new_word(uint64_t value) {
  if (word_count_ == kMaxWords) {
    fail("too many words");
    return 0;
  }
  if (word_count_ == words_.size()) words_.emplace_back();
  Word& w = words_[word_count_];
  w.messages.clear();
  w.messages.push_back({value, view()});
  w.seq_cst = 0;
  view().word[word_count_] = 0;
  return static_cast<int>(word_count_++);
}

inline uint64_t Checker::read(int word, size_t message, std::memory_order order) {
  Word& w = words_[static_cast<size_t>(word)];
  const auto m = static_cast<uint16_t>(message);
  if (view().word[word] < m) view().word[word] = m;
  if (acquires(order)) view().join(w.messages[message].released);
  if (order == std::memory_order_seq_cst && w.seq_cst < m) w.seq_cst = m;
  return w.messages[message].value;
}

inline void Checker::write(int word, uint64_t value, const View* continued, std::memory_order order) {
  Word& w = words_[static_cast<size_t>(word)];
  const auto m = static_cast<uint16_t>(w.messages.size());
  view().word[word] = m;
  View released{};
  if (continued != nullptr) released = *continued;  // the release sequence goes on
  if (releases(order)) released.join(view());
  w.messages.push_back({value, released});
  if (order == std::memory_order_seq_cst) w.seq_cst = m;
  ++view().thread[running_];
}

inline uint64_t Checker::load(int word, std::memory_order order) {
  const bool seq_cst = order == std::memory_order_seq_cst;
  before(word, seq_cst ? Access::kReadSeqCst : Access::kRead);
  const Word& w = words_[static_cast<size_t>(word)];
  size_t oldest = view().word[word];
  if (seq_cst && oldest < w.seq_cst) oldest = w.seq_cst;
  const size_t newest = w.messages.size() - 1;
  if (running_ == 0) oldest = newest;
  const auto options = static_cast<uint32_t>(newest - oldest + 1);
  const uint32_t back = self().stale_left > 0 ? choose(options) : 0;
  if (back != 0) --self().stale_left;
  const uint64_t value = read(word, newest - back, order);
  trace(back != 0 ? "reads (old)" : "reads", word, value);
  return value;
}

inline void Checker::store(int word, uint64_t value, std::memory_order order) {
  before(word, Access::kWrite);
  write(word, value, nullptr, order);
  trace("stores", word, value);
}

template <class F>
uint64_t Checker::update(int word, F change, std::memory_order order) {
  before(word, Access::kWrite);
  const Word& w = words_[static_cast<size_t>(word)];
  const uint64_t old = read(word, w.messages.size() - 1, order);
  const View continued = w.messages.back().released;
  write(word, change(old), &continued, order);
  trace("updates", word, w.messages.back().value);
  return old;
}

inline bool Checker::compare_exchange(int word, uint64_t* expected, uint64_t desired, std::memory_order success,
                                      std::memory_order failure) {
  before(word, Access::kWrite);
  const Word& w = words_[static_cast<size_t>(word)];
  const size_t newest = w.messages.size() - 1;
  // Success takes the newest; a failure is a load, which may be of an older one that differs.
  size_t readable[16];
  uint32_t n = 0;
  readable[n++] = newest;
  size_t oldest = view().word[word];
  if (failure == std::memory_order_seq_cst && oldest < w.seq_cst) oldest = w.seq_cst;
  for (size_t m = newest; m-- > oldest && n < 16 && running_ != 0 && self().stale_left > 0;) {
    if (w.messages[m].value != *expected) readable[n++] = m;
  }
  const size_t chosen = readable[choose(n)];
  if (chosen != newest) --self().stale_left;
  if (chosen == newest && w.messages[newest].value == *expected) {
    read(word, newest, success);
    const View continued = w.messages.back().released;
    write(word, desired, &continued, success);
    trace("swaps", word, desired);
    return true;
  }
  *expected = read(word, chosen, failure);
  trace("swaps not", word, *expected);
  return false;
}

// A mutex in one step, for what is not under test: 0 free, 1 held.
inline void Checker::lock(int word) {
  before(word, Access::kWrite);
  while (words_[static_cast<size_t>(word)].messages.back().value != 0) {
    self().state = State::kAsleep;
    self().asleep_on = word;
    reschedule();  // pending stays: it tries again
  }
  read(word, words_[static_cast<size_t>(word)].messages.size() - 1, std::memory_order_acquire);
  write(word, 1, nullptr, std::memory_order_relaxed);
  trace("locks", word, 1);
}

inline void Checker::unlock(int word) {
  before(word, Access::kWrite);
  write(word, 0, nullptr, std::memory_order_release);
  for (int i = 1; i < thread_count_; ++i) {
    if (threads_[i].state == State::kAsleep && threads_[i].asleep_on == word) threads_[i].state = State::kReady;
  }
  trace("unlocks", word, 0);
}

// ---- sleeping and plain data ------------------------------------------------------------------------------------------

// FUTEX_WAIT: the kernel compares the newest value and puts the thread on the queue in one step.
inline void Checker::sleep_on(int word, uint64_t value) {
  before(word, Access::kWrite);
  if (words_[static_cast<size_t>(word)].messages.back().value != value) return;
  trace("sleeps while", word, value);
  self().state = State::kAsleep;
  self().asleep_on = word;
  self().pending = Access::kNone;
  reschedule();
}

// FUTEX_WAKE.
inline void Checker::wake(int word, uint32_t n) {
  before(word, Access::kWrite);
  trace("wakes", word, n);
  for (; n > 0; --n) {
    int asleep[kMaxThreads];
    uint32_t count = 0;
    for (int i = 1; i < thread_count_; ++i) {
      if (threads_[i].state == State::kAsleep && threads_[i].asleep_on == word) asleep[count++] = i;
    }
    if (count == 0) return;
    threads_[asleep[choose(count)]].state = State::kReady;
  }
}

// A wait that ends without a reason; once a thread.
inline bool Checker::may_wake_for_nothing() {
  if (!self().spurious_left || choose(2) == 0) return false;
  self().spurious_left = false;
  return true;
}

inline void Checker::data_access(DataState& data, bool writes) {
  const View& v = view();
  bool ordered = data.written <= v.thread[data.writer];
  for (int i = 0; writes && i < kMaxThreads; ++i) ordered = ordered && data.read[i] <= v.thread[i];
  // A time stamp of one's own is not known to others before the next release.
  if (!ordered) fail("data race");
  if (writes) {
    data.writer = running_;
    data.written = v.thread[running_];
  } else {
    data.read[running_] = v.thread[running_];
  }
}

// ---- what the code under test sees ------------------------------------------------------------------------------------

template <class T>
class Atomic {
 public:
  constexpr Atomic(T value = T{}) : word_(0) {
    if (!std::is_constant_evaluated()) word_ = checker().new_word(encode(value));
  }
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  using Order = std::memory_order;
  T load(Order order = Order::seq_cst) const { return decode(checker().load(word_, order)); }
  void store(T value, Order order = Order::seq_cst) { checker().store(word_, encode(value), order); }
  T exchange(T value, Order order = Order::seq_cst) {
    return update([value](T) { return value; }, order);
  }
  T fetch_add(T n, Order order = Order::seq_cst) {
    return update([n](T v) { return static_cast<T>(v + n); }, order);
  }
  T fetch_sub(T n, Order order = Order::seq_cst) {
    return update([n](T v) { return static_cast<T>(v - n); }, order);
  }
  T fetch_or(T n, Order order = Order::seq_cst) {
    return update([n](T v) { return static_cast<T>(v | n); }, order);
  }
  T fetch_and(T n, Order order = Order::seq_cst) {
    return update([n](T v) { return static_cast<T>(v & n); }, order);
  }
  bool compare_exchange_strong(T& expected, T desired, Order success, Order failure) {
    uint64_t e = encode(expected);
    const bool done = checker().compare_exchange(word_, &e, encode(desired), success, failure);
    expected = decode(e);
    return done;
  }
  bool compare_exchange_strong(T& expected, T desired, Order order = Order::seq_cst) {
    return compare_exchange_strong(expected, desired, order, failure_of(order));
  }
  bool compare_exchange_weak(T& expected, T desired, Order success, Order failure) {
    return compare_exchange_strong(expected, desired, success, failure);
  }
  bool compare_exchange_weak(T& expected, T desired, Order order = Order::seq_cst) {
    return compare_exchange_strong(expected, desired, order, failure_of(order));
  }

  int word() const { return word_; }

 private:
  static Checker& checker() { return *Checker::current(); }
  static Order failure_of(Order order) {
    return order == Order::acq_rel ? Order::acquire : order == Order::release ? Order::relaxed : order;
  }
  template <class F>
  T update(F change, Order order) {
    return decode(checker().update(word_, [&](uint64_t v) { return encode(change(decode(v))); }, order));
  }
  static uint64_t encode(T value) {
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    return bits;
  }
  static T decode(uint64_t bits) {
    T value;
    memcpy(&value, &bits, sizeof value);
    return value;
  }

  int word_;
};

template <class T>
class Data {
 public:
  void set(T value) {
    Checker::current()->data_access(state_, true);
    value_ = value;
  }
  T get() {
    Checker::current()->data_access(state_, false);
    return value_;
  }

 private:
  T value_{};
  Checker::DataState state_;
};

}  // namespace interleave
