// SPDX-License-Identifier: MIT
// Bubbles (Go's synctest.go): when may the clock jump, and who makes it?
//
// A bubble counts *holds*: one for each of its Gs that is not durably blocked, wherever it is (running, in a queue, parked for
// something else), and one for whoever works for it on g0.
//
//   - newproc gives the new G a hold before it is in a queue; its creator has one
//   - a G that parks durably leaves its hold to the M, on g0, which gives it up when the G is unlocked and its timer
//     started; whoever readies the G gives it a new one, before it is in a queue. He has one himself, for he is in the
//     same bubble: a wake from outside is fatal. If he is faster than the M, there is one hold too many meanwhile
//   - a G that ends leaves its hold to the M, on g0, which gives it up when the G is dead
//
// So while a G of the bubble can run there is a hold. Who has given up the last one (let_go) is alone with the bubble:
// nobody can change it but him, since only holders can. He *conducts*, at once, on g0: readies who waits for that (wait(),
// run() at its end); or sets the clock to the first timer and runs what is due, with a hold of his own, and is alone again
// if that has readied nobody. The count comes to 0 once more after each wake, so none is lost; and the clock is never set
// while a G can run. The count is one atomic word, acquire-release: what all did before they blocked is seen by the one who
// is last, and by whom he readies.
//
// What can wake a G durably is in the bubble, by the rules of <mstart/test.h>. What cannot keep those (a Mutex that a G
// outside may hold, a channel from outside) blocks with the hold kept: time waits for it.
//
// The timers of the Gs are in a queue of the bubble's, and no M sleeps for them. Like a P's, it is never unmapped: a handle may
// outlive its bubble, and then asks that queue, whosever it is by then, whether its timer is pending. It is not: run() takes
// all out at its end.
#include "runtime/bubble.h"

#include <mstart/test.h>
#include <mstart/time.h>

#include <new>

#include "os/mem.h"
#include "runtime/chan.h"
#include "runtime/sched.h"
#include "runtime/timer_queue.h"

namespace mstart::inline v0::detail {

struct BubbleState {
  // Set by run().
  uint64_t id = 0;  // of this run; never used again
  runtime::G* root = nullptr;

  std::atomic<uint32_t> holds{0};
  std::atomic<uint32_t> gs{0};  // with root
  std::atomic<runtime::G*> waiter{nullptr};
  std::atomic<int64_t> now{0};
  bool returned = false;  // f has

  std::atomic<int64_t> next_timer{0};
  runtime::TimerQueue timers{&next_timer};

  BubbleState* next_free = nullptr;  // under sched.lock
};

}  // namespace mstart::inline v0::detail

namespace mstart::runtime {

// timer_handle.cc, which not every program with sleeping Gs has.
[[gnu::weak, gnu::visibility("default")]] bool is_unwanted_ticker(const Timer* t);
[[gnu::weak, gnu::visibility("default")]] Channel* handle_of_pending(const Timer* t);

namespace {

constexpr int64_t kStart = 946'684'800'000'000'000;  // 2000-01-01T00:00:00Z

constinit Bubble* free_bubbles = nullptr;  // under sched.lock
constinit std::atomic<uint64_t> last_id{0};

Bubble* take_bubble() {
  {
    const LockGuard guard(sched.lock);
    if (Bubble* b = free_bubbles) {
      free_bubbles = b->next_free;
      return b;
    }
  }
  const Result<char*> pages = os::map_pages(sizeof(Bubble));
  check(pages.ok(), "Bubble: out of memory");
  return new (*pages) Bubble;
}

// Only the bubble's own can end such a wait.
bool is_durable(WaitReason reason) {
  switch (reason) {
    case WaitReason::kNone:
    case WaitReason::kStaticInit:
    case WaitReason::kMutex:
    case WaitReason::kSharedMutex:
    case WaitReason::kSharedMutexShared:
    case WaitReason::kOnce:
    case WaitReason::kForEver:
    case WaitReason::kOutside:
      return false;
    case WaitReason::kWaitGroup:
    case WaitReason::kJoin:
    case WaitReason::kCondVar:
    case WaitReason::kSemaphore:
    case WaitReason::kSleep:
    case WaitReason::kChanSend:
    case WaitReason::kChanRecv:
    case WaitReason::kChanSendNil:
    case WaitReason::kChanRecvNil:
    case WaitReason::kSelect:
    case WaitReason::kSelectNoCases:
    case WaitReason::kBubble:
      return true;
  }
  return false;
}

// True: that was the last hold.
bool let_go(Bubble* b) { return b->holds.fetch_sub(1, std::memory_order_acq_rel) == 1; }

// To when the clock jumps; 0: no timer can wake anybody. A Ticker for whose channel nobody waits never will: nobody runs who
// might.
int64_t next_moment(Bubble* b) {
  b->timers.lock.lock();
  const TimerQueue::Heap& heap = b->timers.heap;
  const bool can_wake =
      heap.any([](const Timer* t) { return is_unwanted_ticker == nullptr || !is_unwanted_ticker(t); });
  const int64_t first = can_wake ? heap.first_key() : 0;
  b->timers.lock.unlock();
  const int64_t now = bubble_time(b);
  return first == 0 || first > now ? first : now;
}

// Of the timers that are due any.
Timer* pop_any(TimerQueue::Heap& heap, int64_t now) {
  Timer* t = heap.pop_due(now);
  while (t != nullptr && random_below(getg()->m, 2) != 0) {
    Timer* other = heap.pop_due(now);
    if (other == nullptr) break;
    heap.push(t);
    t = other;
  }
  return t;
}

// Under a hold.
void set_clock(Bubble* b, int64_t now) {
  b->now.store(now, std::memory_order_relaxed);
  b->timers.lock.lock();
  b->timers.run(now, [b, now] { return pop_any(b->timers.heap, now); });
  b->timers.lock.unlock();
}

// On g0, whose `bubble` is b: what is started, readied and timed there is the bubble's. The last hold has been given up. After
// the end b may be another run's.
void conduct(Bubble* b) {
  do {
    if (G* waiter = b->waiter.exchange(nullptr, std::memory_order_relaxed)) return ready(waiter);
    if (b->returned && b->gs.load(std::memory_order_relaxed) == 1) return ready(b->root);
    check(!b->returned, "deadlock: main bubble goroutine has exited but blocked goroutines remain");
    const int64_t next = next_moment(b);
    check(next != 0, "deadlock: all goroutines in bubble are blocked");
    b->holds.store(1, std::memory_order_relaxed);
    set_clock(b, next);
  } while (let_go(b));
}

// A timer that is pending when its bubble ends is not any more. after_func's has a handle of its own.
void drop_timers(Bubble* b) {
  for (;;) {
    b->timers.lock.lock();
    Timer* t = b->timers.heap.pop_due(kNever);
    b->timers.publish();
    Channel* handle = t != nullptr && handle_of_pending != nullptr ? handle_of_pending(t) : nullptr;
    b->timers.lock.unlock();
    if (t == nullptr) return;
    if (handle != nullptr) (void)detail::ChanAccess::adopt<Chan<TimePoint>>(handle);
  }
}

}  // namespace

// On g0. The G's stack, with `park` on it, may be left as soon as the inner unlock has run; the bubble is there until let_go.
bool bubble_unlock(G* g, void* park) {
  const BubblePark inner = *static_cast<BubblePark*>(park);
  Bubble* b = g->bubble;
  G* g0 = getg();
  const bool durable = is_durable(g->wait_reason);
  if (durable) g->status.store(GStatus::kDurable, std::memory_order_release);
  g0->bubble = b;
  const bool parked = inner.unlock == nullptr || inner.unlock(g, inner.arg);
  if (durable && parked && let_go(b)) conduct(b);
  g0->bubble = nullptr;
  return parked;
}

void bubble_ready(G* g) {
  check(g->status.load(std::memory_order_relaxed) == GStatus::kDurable, "bad g->status in ready");
  check(getg()->bubble == g->bubble, "wake of a durably blocked goroutine from outside its bubble");
  g->bubble->holds.fetch_add(1, std::memory_order_relaxed);
}

void bubble_adopt(Bubble* b, G* newborn) {
  newborn->bubble = b;
  b->gs.fetch_add(1, std::memory_order_relaxed);
  b->holds.fetch_add(1, std::memory_order_relaxed);
}

// On g0.
void bubble_left(G* dead) {
  Bubble* b = dead->bubble;
  dead->bubble = nullptr;
  G* g0 = getg();
  g0->bubble = b;
  b->gs.fetch_sub(1, std::memory_order_relaxed);
  if (let_go(b)) conduct(b);
  g0->bubble = nullptr;
}

uint64_t bubble_id(const Bubble* b) { return b->id; }
int64_t bubble_time(const Bubble* b) { return b->now.load(std::memory_order_relaxed); }
TimerQueue* bubble_timers(Bubble* b) { return &b->timers; }

int64_t bubble_clock(int64_t (*outside)()) {
  const G* g = getg();
  return g != nullptr && g->bubble != nullptr ? bubble_time(g->bubble) : outside();
}

void check_in_bubble(uint64_t id, BubbleUse use) {
  constexpr const char* kTexts[] = {
      "send on a bubble's channel from outside the bubble", "receive on a bubble's channel from outside the bubble",
      "close of a bubble's channel from outside the bubble", "select on a bubble's channel from outside the bubble",
      "stop or reset of a timer in another bubble than its own"};
  check(id == current_bubble(), kTexts[static_cast<size_t>(use)]);
}

}  // namespace mstart::runtime

namespace mstart::inline v0::detail {

using runtime::check;
using runtime::G;

BubbleStay::BubbleStay(BubbleState*& state) : state_(state) {
  G* g = runtime::user_g();
  check(g->bubble == nullptr, "Bubble::run called in a bubble");
  check(state == nullptr, "Bubble::run called while it runs");
  BubbleState* b = runtime::take_bubble();
  b->id = runtime::last_id.fetch_add(1, std::memory_order_relaxed) + 1;
  b->root = g;
  b->holds.store(1, std::memory_order_relaxed);
  b->gs.store(1, std::memory_order_relaxed);
  b->now.store(runtime::kStart, std::memory_order_relaxed);
  b->returned = false;
  state_ = g->bubble = b;
  run = [](Ending* self) { static_cast<BubbleStay*>(self)->leave(); };
  push_ending(this);
}

BubbleStay::~BubbleStay() {
  remove_ending(this);
  leave();
}

void BubbleStay::leave() {
  BubbleState* b = state_;
  b->returned = true;
  runtime::park(nullptr, nullptr, runtime::WaitReason::kBubble);
  runtime::drop_timers(b);
  b->root->bubble = nullptr;
  state_ = nullptr;
  const runtime::LockGuard guard(runtime::sched.lock);
  b->next_free = runtime::free_bubbles;
  runtime::free_bubbles = b;
}

void bubble_wait(const BubbleState* state) {
  G* g = runtime::user_g();
  check(g->bubble != nullptr && g->bubble == state, "Bubble::wait called outside of its bubble");
  const auto unlock = [](G* waiter, void*) {
    G* nobody = nullptr;
    check(waiter->bubble->waiter.compare_exchange_strong(nobody, waiter, std::memory_order_relaxed),
          "Bubble::wait called while another goroutine waits");
    return true;
  };
  runtime::park(unlock, nullptr, runtime::WaitReason::kBubble);
}

}  // namespace mstart::inline v0::detail
