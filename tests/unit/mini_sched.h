// SPDX-License-Identifier: MIT
// The wake protocol at the head of runtime/sched.cc, with the real queues and the real idle word, and of the rest only what it
// needs: Ps, Ms that sleep, and the functions that move one to the other, under their names and in their order. What a G does
// is the test's affair. Runs on host threads (idle_test.cc) and in the checker (interleave_test.cc); Env says with which words.
//
// Births are always refused here: the Ms are all there from the start, and when a wake finds none on the idle list the P goes
// back and needspinning is set (birth_refused). That is the harder case: nobody else would come.
//
// Mistakes switches on, one by one, what the protocol must not do; a test sees that each is found.
#pragma once

#include <cstdint>

namespace mstart::test {

struct Mistakes {
  bool look_first = false;      // submit looks at the idle word before it publishes
  bool publish_weakly = false;  // submit publishes by a release store
  bool recheck_first = false;   // looks at the queues before it leaves the spinning count
  bool no_recheck = false;
  bool trust_blindly = false;  // an M that has not searched gives up its P and does not look again
  bool ignore_needspinning = false;
  bool count_out_unlocked = false;  // wakep without a P leaves the spinning count after it has left the lock
  bool batch_in_hand = false;       // what an M moves from the global queue to its ring is in neither for a moment
  bool no_chain = false;            // the last spinner that finds work wakes no other
};

// Env: IdleWord, Queue<T>, Inject<T> (through T::link), Mutex, Note, kPasses over the victims.
template <class Env, class TaskData, Mistakes kMistakes = Mistakes{}>
class MiniSched {
 public:
  struct Task : TaskData {
    Task* link = nullptr;
  };
  using Queue = typename Env::template Queue<Task>;
  struct P {
    Queue runq;
    P* link = nullptr;
  };
  struct M {
    P* p = nullptr;
    P* nextp = nullptr;
    bool spinning = false;
    M* link = nullptr;
    typename Env::Note park;
  };

  explicit MiniSched(int procs, P* ps) : procs_(procs), ps_(ps), idle_(0) {}

  // ---- submit ----

  // By an M with a P.
  void submit(M* m, Task* t, bool next) {
    const bool wake = kMistakes.look_first && idle_.look().wants_wake();
    runqput(m->p, t, next);
    if (kMistakes.look_first ? wake : idle_.look().wants_wake()) wake_slow();  // [wake:B]
  }
  // By anybody.
  void submit_global(Task* t) {
    lock_.lock();
    global_.push(t);
    lock_.unlock();
    wakep();
  }
  void wakep() {
    if (idle_.look().wants_wake()) wake_slow();
  }

  // ---- go idle ----

  // A task to run; sleeps until there is one. Null after stop().
  Task* find_runnable(M* m) {
    for (;;) {
      bool inherits;
      if (Task* t = m->p->runq.get(&inherits)) return t;
      if (Task* t = take_global_locked(m->p)) return t;
      const auto idle = idle_.look();
      if (m->spinning || 2 * idle.spinning() < static_cast<uint32_t>(procs_) - idle.idle_ps()) {
        if (!m->spinning) become_spinning(m);
        if (Task* t = steal_work(m->p)) return t;
      }
      if (Task* t = go_idle(m)) return t;
      if (m->p == nullptr) return nullptr;
    }
  }
  // The end of find_runnable: the last look, and sleep. Comes back with a P: the caller searches again. Null and no P: stopped.
  Task* go_idle(M* m) {
    if (Task* t = give_up_p(m)) return t;
    if (m->p != nullptr) return nullptr;
    P* again = kMistakes.recheck_first ? recheck() : nullptr;
    const bool spinning = m->spinning;
    if (spinning) {
      m->spinning = false;
      idle_.sub_spinning();  // [wake:C]
    }
    // An M that did not spin, because others did, may leave the last look to them if one of them still does now that the P
    // is counted idle. Else somebody may have submitted meanwhile who saw neither an idle P nor a spinner.
    const bool answer_for_it = spinning || (!kMistakes.trust_blindly && idle_.look().spinning() == 0);
    if (answer_for_it && !kMistakes.recheck_first && !kMistakes.no_recheck) again = recheck();
    if (again != nullptr) {
      m->p = again;
      become_spinning(m);
      return nullptr;
    }
    stopm(m);
    return nullptr;
  }
  // What schedule() does with what find_runnable() found.
  void found(M* m) {
    if (!m->spinning) return;
    m->spinning = false;
    idle_.sub_spinning();
    if (!kMistakes.no_chain) wakep();
  }

  // ---- the test's part ----

  // Before all threads.
  void put_idle(P* p) { pidleput(p); }
  void put_asleep(M* m) { mput(m); }  // as if it slept: it will be given a P, but nobody runs it
  void count_spinning() { idle_.add_spinning(); }
  // An M's beginning.
  void start(M* m) { stopm(m); }
  // How many Ms sleep on the idle list: exact.
  int sleeping() {
    lock_.lock();
    const int n = nmidle_;
    lock_.unlock();
    return n;
  }
  // All Ms, as they fall asleep, have nothing to come back for.
  void stop() {
    lock_.lock();
    stopped_ = true;
    while (M* m = mget()) (void)m->park.wake();
    lock_.unlock();
  }
  // Exact while nobody else runs. The global queue first: tasks go from there to the rings.
  auto state() const { return idle_.look(); }
  bool any_runnable() const {
    bool found = global_.size() != 0;
    for (int i = 0; i < procs_; ++i) found = found || !ps_[i].runq.empty();
    return found;
  }
  auto& global() { return global_; }

  void become_spinning(M* m) {
    m->spinning = true;
    idle_.add_spinning();
    idle_.clear_need_spinning();
  }
  // A P without a search, as a handoff takes it. Null: there is none.
  P* take_idle_p() {
    lock_.lock();
    P* p = pidleget();
    lock_.unlock();
    return p;
  }
  Task* take_global_locked(P* p) {
    if (global_.size() == 0) return nullptr;
    lock_.lock();
    Task* t = take_global(p);
    lock_.unlock();
    return t;
  }

 private:
  void runqput(P* p, Task* t, bool next) {
    if (next && !kMistakes.publish_weakly) {
      t = p->runq.put_next(t);
      if (t == nullptr) return;
    }
    typename Queue::Batch batch;
    while (!(kMistakes.publish_weakly ? p->runq.put_tail(t) : p->runq.submit_tail(t))) {
      if (!p->runq.take_half(t, &batch)) continue;
      lock_.lock();
      for (uint32_t i = 0; i < batch.size; ++i) global_.push(batch.items[i]);
      lock_.unlock();
      return;
    }
  }

  void wake_slow() {
    if (!idle_.try_first_spinner()) return;
    lock_.lock();
    P* p = pidleget_or_need();
    if (p == nullptr && !kMistakes.count_out_unlocked) idle_.sub_spinning();
    lock_.unlock();
    if (p == nullptr) {
      if (kMistakes.count_out_unlocked) idle_.sub_spinning();
      return;
    }
    startm(p);
  }

  // Spinning, which the caller has counted.
  void startm(P* p) {
    lock_.lock();
    M* m = mget();
    if (m == nullptr) birth_refused(p);
    lock_.unlock();
    if (m == nullptr) return;
    m->spinning = true;
    m->nextp = p;
    if (!m->park.wake()) __builtin_trap();
  }

  void birth_refused(P* p) {
    bool inherits;
    while (Task* t = p->runq.get(&inherits)) global_.push(t);
    pidleput(p);
    idle_.sub_spinning();
    idle_.need_spinning();
  }

  // Under the lock.
  Task* take_global(P* p) {
    const auto put = [p](Task* t) {
      if (!p->runq.put_tail(t)) __builtin_trap();
    };
    if (!kMistakes.batch_in_hand) return global_.take(Queue::kHalf, put);
    Task* first = global_.pop();
    for (uint32_t n = 1; n < Queue::kHalf && global_.size() != 0; ++n) put(global_.pop());
    return first;
  }

  Task* steal_work(P* p) {
    for (int pass = 0; pass < Env::kPasses; ++pass) {
      for (int i = 0; i < procs_; ++i) {
        if (&ps_[i] == p) continue;
        if (Task* t = p->runq.steal_from(ps_[i].runq, pass == Env::kPasses - 1)) return t;
      }
    }
    return nullptr;
  }

  // Null: nothing was found; the M has its P still if it must search again.
  Task* give_up_p(M* m) {
    lock_.lock();
    Task* t = global_.size() != 0 ? take_global(m->p) : nullptr;
    if (t == nullptr) {
      if (!m->spinning && !kMistakes.ignore_needspinning && idle_.look().needs_spinning()) {
        become_spinning(m);
      } else {
        pidleput(m->p);
        m->p = nullptr;
      }
    }
    lock_.unlock();
    return t;
  }

  P* recheck() {
    if (!any_runnable()) return nullptr;  // [wake:D]
    lock_.lock();
    P* p = pidleget_or_need();
    lock_.unlock();
    return p;
  }

  P* pidleget_or_need() {
    P* p = pidleget();
    if (p == nullptr) idle_.need_spinning();
    return p;
  }

  void stopm(M* m) {
    lock_.lock();
    if (stopped_) {
      ++nmidle_;
      lock_.unlock();
      return;
    }
    if (!kMistakes.ignore_needspinning && idle_.look().needs_spinning()) {
      if (P* p = pidleget()) {
        become_spinning(m);
        lock_.unlock();
        m->p = p;
        return;
      }
    }
    mput(m);
    lock_.unlock();
    m->park.sleep();
    m->park.clear();
    m->p = m->nextp;
    m->nextp = nullptr;
  }

  void mput(M* m) {
    m->link = midle_;
    midle_ = m;
    ++nmidle_;
  }
  M* mget() {
    M* m = midle_;
    if (m != nullptr) midle_ = m->link, --nmidle_;
    return m;
  }
  void pidleput(P* p) {
    p->link = pidle_;
    pidle_ = p;
    idle_.add_idle_ps(1);
  }
  P* pidleget() {
    P* p = pidle_;
    if (p != nullptr) {
      pidle_ = p->link;
      idle_.add_idle_ps(-1);
    }
    return p;
  }

  const int procs_;
  P* const ps_;
  typename Env::IdleWord idle_;
  typename Env::Mutex lock_;
  typename Env::template Inject<Task> global_;
  P* pidle_ = nullptr;
  M* midle_ = nullptr;
  int nmidle_ = 0;
  bool stopped_ = false;
};

}  // namespace mstart::test
