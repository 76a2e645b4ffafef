// SPDX-License-Identifier: MIT
// How an M comes to be and where its memory goes.
//
//   startm -> newm -> allocm -> mcommoninit, then newm1 -> newosproc (or thread_start, in a process with libc)
//
// Its memory (I4). An M is in allm from mcommoninit on, so it may be in there before its thread exists, and it is off it
// before its thread has ended: mexit takes it off and puts it on sched.freem. allocm takes the first M of freem whose
// `thread` word the kernel has cleared, which it does when the thread is off its stack for good; nothing that the thread
// itself could store would say that. (A thread that libc made has its stack and TLS from libc; of the M it uses nothing
// but its own flag any more, which is the same word.) Until then the M, its stacks and its TLS stay as they are.
//
// A clean creator. A new thread inherits its creator's kernel state: a locked M's may be strange (that is what locking is
// for), so it hands the M to the template thread, which does nothing else and is itself born clean, before the first
// lock_thread() has returned. newm_handoff is its list: the M, complete and with its P, waits there for its clone.
//
// Births may be refused (I8): by the kernel (RLIMIT_NPROC, pids.max, memory, seccomp) or by set_max_threads. That is no
// error: an M that has gone to sleep meanwhile takes the place of the one that was not born, as a spinner; without one the P
// goes back to the idle list, with its Gs in the global queue, needspinning is set, and for a while, longer after each
// refusal in a row, nobody asks again. When the time is over schedule() does, or a thread that waits: the
// template thread, an M for its locked G. No wake-up is lost by it: under the lock either an idle M is seen (and used), or
// all Ms are awake; those run until there is nothing to do, and one that is just going to sleep finds needspinning in
// stopm. The last one to stop running leaves a thread that asks again (leave_a_retrier), as long as retry_births_at says that
// there was a refusal. So that word is cleared only where no refusal can be forgotten with it: in retry_births, not by the
// creator of a birth that was granted. He comes back from clone(2) at any time after the newborn has begun to run: it may
// have been refused a birth itself by then, as the last thread that ran, and have ended.
#include "arch/probe.h"
#include "os/clock.h"
#include "runtime/explain.h"
#include "runtime/machine_slab.h"
#include "runtime/report.h"
#include "runtime/sched.h"

namespace mstart::runtime {

constinit ThreadStart thread_start = nullptr;
constinit bool iscgo = false;
constinit ThreadEnd thread_end = arch::exit_thread;

namespace {

constexpr int64_t kFirstBackoffNs = 1'000'000;
constexpr int64_t kLongestBackoffNs = 100'000'000;

struct NewmHandoff {
  Lock lock{Rank::kNewmHandoff};
  M* newm = nullptr;     // Ms to be cloned, linked by handoff_link
  bool waiting = false;  // the template thread sleeps on `wake`
  os::Note wake;
  enum class Template : uint8_t { kNone, kStarted, kRefused } state = Template::kNone;
};
constinit NewmHandoff newm_handoff;
using Template = NewmHandoff::Template;

// Under sched.lock, after a refusal: for how long nobody asks again. Twice as long as the last time, if no birth was granted
// since.
void back_off() {
  const int64_t last = sched.birth_backoff.load(std::memory_order_relaxed);
  const int64_t next = last == 0 ? kFirstBackoffNs : 2 * last < kLongestBackoffNs ? 2 * last : kLongestBackoffNs;
  sched.birth_backoff.store(next, std::memory_order_relaxed);
  sched.retry_births_at.store(os::nanotime() + next, std::memory_order_relaxed);
}

void record_birth(M* creator, M* m, BirthClass kind) {
  if (!births_recorded) [[likely]]
    return;
  m->birth = new_birth();
  if (m->birth == nullptr) return;
  m->birth->start = creator->birth_start;
  creator->birth_start = {};
  m->birth->allocm = arch::cycles();
  m->birth->m_id = m->id;
  m->birth->kind = kind;
}

// The first M of freem that the kernel has done with.
M* reap_m() {
  LockGuard guard(sched.lock);
  for (M** at = &sched.freem; *at != nullptr; at = &(*at)->freelink) {
    M* m = *at;
    if (!m->thread.gone()) continue;
    *at = m->freelink;
    return m;
  }
  return nullptr;
}

// An M for p, or for no P: memory, id, g0 and stacks, everything but its thread. Null: no memory.
M* allocm(P* p, void (*fn)(), int64_t id) {
  M* self = getg()->m;
  ++self->locks;
  const bool borrowed = self->p == nullptr && p != nullptr;
  if (borrowed) acquirep(p);  // for what is counted and cached by P
  M* m = reap_m();
  m = m != nullptr ? renew_m(m) : new_m();
  if (m != nullptr) {
    if (iscgo) m->g0.stack = {};  // libc makes the stack; mstart finds its bounds
    m->signal_mask = m0.signal_mask;
    m->mstartfn = fn;
    mcommoninit(m, id);
  }
  if (borrowed) releasep();
  --self->locks;
  MSTART_PROBE1(allocm, m);
  return m;
}

Result<void> newosproc(M* m) {
  Birth* birth = m->birth;  // m is the child's after the clone
  birth_mark(m, &Birth::clone_entered);
  MSTART_PROBE1(clone__entered, m);
  const auto r = os::newosproc({.stack_top = m->g0.stack.hi,
                                .tls = m->tls,
                                .fn = reinterpret_cast<void (*)(void*)>(reinterpret_cast<void*>(arch::mstart)),
                                .arg = nullptr,
                                .stamp = birth != nullptr ? &birth->first_instruction : nullptr},
                               m->thread);
  if (birth != nullptr) [[unlikely]]
    set_stamp(birth->clone_returned);
  MSTART_PROBE1(clone__returned, m);
  if (!r) return r.error();
  return {};
}

// Once: which limit it was, and how many threads there are without the one that was refused.
void tell_refusal(const Error& error) {
  if (sched.refusal_told.exchange(true, std::memory_order_relaxed)) return;
  sched.lock.lock();
  const int64_t threads = mcount() - 1;
  sched.lock.unlock();
  explain_refused_thread(error, threads);
}

// The M of a birth that the kernel refused: its memory back, its P back, its spinner counted out.
void refuse_m(M* m, P* p, bool spinning, const Error& error) {
  tell_refusal(error);
  LockGuard guard(sched.lock);
  free_m(m);
  sched.births_refused.fetch_add(1, std::memory_order_relaxed);
  back_off();
  birth_refused(p, spinning);
}

Result<void> start_thread(M* m) {
  check(thread_start != nullptr, "_cgo_thread_start missing");
  m->thread.prepare();  // nobody but the thread itself can clear it: its last touch of m (mstart.cc)
  Birth* birth = m->birth;
  birth_mark(m, &Birth::clone_entered);
  MSTART_PROBE1(clone__entered, m);
  ThreadStartRequest request{&m->g0, arch::mstart, 0};
  systemstack([](void* r) { thread_start(static_cast<ThreadStartRequest*>(r)); }, &request);
  if (birth != nullptr) [[unlikely]]
    set_stamp(birth->clone_returned);
  MSTART_PROBE1(clone__returned, m);
  const Errno code{request.error};
  if (code == Errno{}) return {};
  m->thread.set_gone();
  return Error{code, "pthread_create"};
}

// Makes the thread. False: refused, and dealt with; the M is gone then.
bool newm1(M* m) {
  // From the clone on the thread may run, and end: m is its own. What a refusal needs is kept.
  P* p = m->nextp;
  const bool spinning = m->mstartfn == mspinning;
  sched.ms_created.fetch_add(1, std::memory_order_relaxed);  // before the thread can count its end
  exec_lock.rlock();                                         // no thread is made while the process execs
  const Result<void> r = iscgo ? start_thread(m) : newosproc(m);
  exec_lock.runlock();
  if (r) {
    if (sched.birth_backoff.load(std::memory_order_relaxed) != 0) [[unlikely]]
      sched.birth_backoff.store(0, std::memory_order_relaxed);
    return true;
  }
  sched.ms_created.fetch_sub(1, std::memory_order_relaxed);
  refuse_m(m, p, spinning, r.error());
  return false;
}

// The template thread: clones for Ms that must not. Never ends.
void templateThread() {
  {
    LockGuard guard(sched.lock);
    ++sched.nmsys;
    checkdead();
  }
  for (;;) {
    newm_handoff.lock.lock();
    M* m = newm_handoff.newm;
    newm_handoff.newm = nullptr;
    if (m == nullptr) {
      newm_handoff.waiting = true;
      newm_handoff.wake.clear();
      newm_handoff.lock.unlock();
      notesleep_or_retry(newm_handoff.wake);
      continue;
    }
    newm_handoff.lock.unlock();
    while (m != nullptr) {
      M* next = m->handoff_link;
      m->handoff_link = nullptr;
      newm1(m);
      m = next;
    }
  }
}

// False: there is none, the kernel refused it.
bool hand_to_template_thread(M* m) {
  LockGuard guard(newm_handoff.lock);
  check(newm_handoff.state != Template::kNone, "on a locked thread with no template thread");
  if (newm_handoff.state == Template::kRefused) return false;
  m->handoff_link = newm_handoff.newm;
  newm_handoff.newm = m;
  if (newm_handoff.waiting) {
    newm_handoff.waiting = false;
    notewakeup(newm_handoff.wake);
  }
  return true;
}

}  // namespace

// Under sched.lock. The id counts as a running M until mexit or a refusal (I12). Negative: births are being refused, and
// not `while_refused`; or there are as many threads as there may be (kAtLimit: tell_limit() when the lock is given up).
int64_t mReserveID(bool while_refused) {
  const int64_t retry_at = sched.retry_births_at.load(std::memory_order_relaxed);
  if (!while_refused && retry_at != 0 && os::nanotime() < retry_at) return -1;
  if (mcount() >= sched.max_ms) {
    sched.births_refused.fetch_add(1, std::memory_order_relaxed);
    back_off();
    return kAtLimit;
  }
  check(sched.mnext + 1 > sched.mnext, "runtime: thread ID overflow");
  return static_cast<int64_t>(sched.mnext++);
}

// Once. Not under a lock: to print may block.
void tell_limit() {
  if (sched.refusal_told.exchange(true, std::memory_order_relaxed)) return;
  sched.lock.lock();
  const int64_t limit = sched.max_ms;
  sched.lock.unlock();
  report(2, "runtime: at the limit of % threads (set_max_threads): work waits for a thread\n", {limit});
}

int64_t mcount() { return static_cast<int64_t>(sched.mnext - sched.nmgone); }

// The M is in allm from here on.
void mcommoninit(M* m, int64_t id) {
  LockGuard guard(sched.lock);
  m->id = static_cast<uint64_t>(id);
  m->random = static_cast<uint32_t>(arch::cycles() ^ reinterpret_cast<uintptr_t>(m)) | 1;
  m->allnext = sched.allm.load(std::memory_order_relaxed);
  sched.allm.store(m, std::memory_order_release);
}

// Under sched.lock: off allm, to freem. Its id is no longer counted.
void free_m(M* m) {
  M* at = sched.allm.load(std::memory_order_relaxed);
  if (at == m) {
    sched.allm.store(m->allnext, std::memory_order_release);
  } else {
    while (at != nullptr && at->allnext != m) at = at->allnext;
    check(at != nullptr, "m not found in allm");
    at->allnext = m->allnext;
  }
  m->freelink = sched.freem;
  sched.freem = m;
  ++sched.nmgone;
}

// Under sched.lock. There is no thread for p (and for a spinner that was counted): see the head.
void birth_refused(P* p, bool spinning) {
  if (p != nullptr) {
    give_gs_to_all(p);
    // A G that is locked has a thread: its M sleeps in stoplockedm, or is on its way there. It gets the P.
    if (G* g = sched.runq.pop_if([](const G* candidate) { return candidate->locked_m != nullptr; }))
      wake_locked(g, p);
    else if (M* m = mget()) {
      // It has gone to sleep while the birth was tried: it looks for work in the place of the one that was not born.
      if (!spinning) sched.idle.add_spinning();
      m->spinning = true;
      return wake_with(m, p);
    } else
      pidleput(p);
  }
  if (spinning) check(sched.idle.sub_spinning() != 0, "startm: negative nmspinning");
  sched.idle.need_spinning();
  checkdead();
}

// Makes an M that runs fn (may be null), then Gs on p. Its id is reserved. False: refused, and dealt with.
bool newm(void (*fn)(), P* p, int64_t id) {
  M* self = getg()->m;
  const bool by_template = self->locked_ext != 0 || self->foreign;
  M* m = allocm(p, fn, id);
  if (m == nullptr) {
    const Error error{Errno::not_enough_memory, "mmap"};
    tell_refusal(error);
    LockGuard guard(sched.lock);
    ++sched.nmgone;
    sched.births_refused.fetch_add(1, std::memory_order_relaxed);
    back_off();
    birth_refused(p, fn == mspinning);
    return false;
  }
  m->nextp = p;
  record_birth(self, m,
               by_template       ? BirthClass::kTemplate
               : p == nullptr    ? BirthClass::kOther
               : fn == mspinning ? BirthClass::kWake
                                 : BirthClass::kHandoff);
  if (!by_template) return newm1(m);
  if (hand_to_template_thread(m)) return true;
  refuse_m(m, p, fn == mspinning, Error{Errno::resource_unavailable_try_again, "clone"});
  return false;
}

// Before a thread becomes special, on one that is not. When all threads are, nobody can make one any more, so the first
// refusal is not taken for an answer at once. After it each lock_thread() asks once more, and the next thread that tries
// births again.
void startTemplateThread() {
  int tries = 5;
  {
    LockGuard guard(newm_handoff.lock);
    if (newm_handoff.state == Template::kStarted) return;
    if (newm_handoff.state == Template::kRefused) tries = 1;
    newm_handoff.state = Template::kStarted;
  }
  set_timer_slack();
  for (int64_t pause = kFirstBackoffNs; tries > 0; --tries, pause *= 2) {
    sched.lock.lock();
    const int64_t id = mReserveID(true);
    sched.lock.unlock();
    if (id == kAtLimit) {
      tell_limit();
      break;
    }
    if (newm(templateThread, nullptr, id)) return;
    const os::FutexWord nobody_wakes{0};
    if (tries > 1) (void)os::futex_wait(nobody_wakes, 0, os::nanotime() + pause);
  }
  // Others have relied on it meanwhile: their births are refused with it.
  newm_handoff.lock.lock();
  newm_handoff.state = Template::kRefused;
  M* m = newm_handoff.newm;
  newm_handoff.newm = nullptr;
  newm_handoff.lock.unlock();
  while (m != nullptr) {
    M* next = m->handoff_link;
    refuse_m(m, m->nextp, m->mstartfn == mspinning, Error{Errno::resource_unavailable_try_again, "clone"});
    m = next;
  }
}

void retry_template_thread() {
  {
    LockGuard guard(newm_handoff.lock);
    if (newm_handoff.state != Template::kRefused) return;
  }
  startTemplateThread();
}

// The thread that can always ask again, if it is there. Called by whoever stops running while births are refused: the
// template thread may have gone to sleep before there was anything to ask for.
void wake_template_thread() {
  LockGuard guard(newm_handoff.lock);
  if (!newm_handoff.waiting) return;
  newm_handoff.waiting = false;
  notewakeup(newm_handoff.wake);
}

// Under sched.lock, when no M runs and Gs wait for one: is there anybody who can still get a thread?
void check_births_possible() {
  if (mcount() >= sched.max_ms) {
    report(2, "runtime: program exceeds %-thread limit\n", {sched.max_ms});
    throw_error("thread exhaustion");
  }
  if (newm_handoff.state != Template::kStarted) {
    report(2, "runtime: no thread is left that may run goroutines, or make threads: they are locked, or ended so\n",
           {});
    throw_error("thread exhaustion");
  }
}

}  // namespace mstart::runtime
