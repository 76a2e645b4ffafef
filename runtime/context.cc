// SPDX-License-Identifier: MIT
// A context is its done channel with a place in the tree, an errno and a timer around it; every handle to the one is a handle
// to the other.
//
// A node holds a handle to its parent, and the parent knows its children, in a list under the parent's lock, without holding
// them. A child takes itself out of that list before it is freed. So whoever finds it there, under the lock, finds its
// memory; he can use it if its count is not 0 yet (hold).
//
// End. The first who stores an errno ends the node: he takes all children out of its list, closes the channel, and then does
// the same with each of them. Not by recursion, as trees may be as deep as they like; nor is freeing, where a child drops its
// parent.
//
// The timer is no handle: when the last handle goes, it is stopped. Its function holds the node meanwhile; what it does may
// let all other handles go, so it may be the one that frees the node. To stop the timer then would be to wait for oneself:
// `in_timer` tells. It is not pending any more either, and is not touched after its function.
#include <mstart/context.h>

#include <new>

#include "runtime/chan.h"
#include "runtime/heap.h"
#include "runtime/sched.h"
#include "runtime/timer.h"

namespace mstart::runtime {
namespace {

struct ContextNode : Channel {
  ContextNode(ContextNode* parent_, int64_t deadline_);

  ContextNode* const parent;  // held; null: background
  const int64_t deadline;
  std::atomic<Errno> error{Errno{}};
  std::atomic<const M*> in_timer{nullptr};  // the M that runs, or has run, the timer's function
  struct DeadlineTimer : Timer {
    explicit DeadlineTimer(ContextNode* node_) : Timer(is_due), node(node_) {}
    ContextNode* const node;
  } timer{this};

  // Not the channel's: a child may be freed under any channel's lock. Its holder takes no other one.
  SpinLock tree_lock;
  ContextNode* children = nullptr;  // under tree_lock

  // Under the parent's tree_lock.
  ContextNode* next = nullptr;
  ContextNode** at = nullptr;  // what points to this one; null: not in the list

  ContextNode* next_to_end = nullptr;  // the list of whoever took it out of its parent's

  static void is_due(Timer* self, int64_t now);
};

void free_node(Channel* c);

ContextNode::ContextNode(ContextNode* parent_, int64_t deadline_)
    : Channel(detail::Element<Unit>::kType, 0, nullptr), parent(parent_), deadline(deadline_) {
  free = free_node;
  for_users = false;
}

ContextNode* node_of(const Chan<Unit>& done) {
  return static_cast<ContextNode*>(channel(detail::ChanAccess::head(done)));
}

// One more handle, if there is one left.
bool hold(ContextNode* n) {
  uint32_t count = n->handles.load(std::memory_order_relaxed);
  while (count != 0) {
    if (n->handles.compare_exchange_weak(count, count + 1, std::memory_order_relaxed)) return true;
  }
  return false;
}

void drop(ContextNode* n) { (void)detail::ChanAccess::adopt<Chan<Unit>>(n); }

// Under the parent's tree_lock.
void unlink(ContextNode* n) {
  if (n->at == nullptr) return;
  *n->at = n->next;
  if (n->next != nullptr) n->next->at = n->at;
  n->at = nullptr;
}

void stop_timer(ContextNode* n) {
  const G* g = getg();
  const M* runner = n->in_timer.load(std::memory_order_relaxed);
  if (runner == nullptr || g == nullptr || g->m != runner) n->timer.stop();
}

// The last handle is gone: frees the node, and each ancestor of which it had the last.
void free_node(Channel* c) {
  for (auto* n = static_cast<ContextNode*>(c); n != nullptr;) {
    stop_timer(n);
    n->check_unused();
    ContextNode* parent = n->parent;
    if (parent != nullptr) {
      parent->tree_lock.lock();
      unlink(n);
      parent->tree_lock.unlock();
    }
    n->~ContextNode();
    runtime::heap_free(n);
    n = parent != nullptr && parent->handles.fetch_sub(1, std::memory_order_acq_rel) == 1 ? parent : nullptr;
  }
}

// Ends the node and all below it.
void end(ContextNode* n, Errno error) {
  ContextNode* below = nullptr;
  for (bool held = false; n != nullptr; held = true) {
    Errno none{};
    // release: who sees the channel closed sees it.
    if (n->error.compare_exchange_strong(none, error, std::memory_order_release, std::memory_order_relaxed)) {
      n->tree_lock.lock();
      while (ContextNode* child = n->children) {
        unlink(child);
        if (!hold(child)) continue;  // it is just being freed
        child->next_to_end = below;
        below = child;
      }
      n->tree_lock.unlock();
      stop_timer(n);
      n->close();
    }
    if (held) drop(n);
    n = below;
    if (n != nullptr) below = n->next_to_end;
  }
}

void ContextNode::is_due(Timer* self, int64_t) {
  ContextNode* n = static_cast<DeadlineTimer*>(self)->node;
  if (!hold(n)) return;  // it is just being freed, by one who waits for this function
  n->in_timer.store(getg()->m, std::memory_order_relaxed);
  end(n, Errno::timed_out);
  drop(n);
}

// False: the parent has ended.
bool link(ContextNode* n) {
  ContextNode* parent = n->parent;
  if (parent == nullptr) return true;
  parent->tree_lock.lock();
  // Who ends the parent stores the error first and takes the children after that, under this lock.
  const bool alive = parent->error.load(std::memory_order_relaxed) == Errno{};
  if (alive) {
    n->next = parent->children;
    if (n->next != nullptr) n->next->at = &n->next;
    n->at = &parent->children;
    parent->children = n;
  }
  parent->tree_lock.unlock();
  return alive;
}

}  // namespace
}  // namespace mstart::runtime

namespace mstart::inline v0 {

using runtime::ContextNode;
using runtime::node_of;

Context Context::with_deadline(TimePoint t) const {
  if (t != never) runtime::user_g();  // a timer needs a P; a global context does not
  // A parent's deadline is by its own clock.
  const bool same_clock = done_ && node_of(done_)->bubble == runtime::current_bubble();
  const int64_t latest = same_clock ? node_of(done_)->deadline : runtime::kNever;
  const int64_t own = t.time_since_epoch().count();
  auto* n = new (detail::heap_alloc(sizeof(ContextNode), alignof(ContextNode)))
      ContextNode(done_ ? node_of(done_) : nullptr, own < latest ? own : latest);
  if (n->parent != nullptr) n->parent->handles.fetch_add(1, std::memory_order_relaxed);
  Context child;
  child.done_ = detail::ChanAccess::adopt<Chan<Unit>>(n);
  // Before the parent can end it: whoever does stops the timer. (A parent's timer may be early enough.)
  const bool in_time = own < latest && own > detail::monotonic_ns();
  if (in_time) n->timer.start(own);
  if (!runtime::link(n))
    runtime::end(n, n->parent->error.load(std::memory_order_relaxed));
  else if (own < latest && !in_time)
    runtime::end(n, Errno::timed_out);
  return child;
}

void Context::cancel() const {
  runtime::user_g();
  detail::point();
  runtime::check(static_cast<bool>(done_), "cancel of the background context");
  runtime::end(node_of(done_), Errno::operation_canceled);
}

Errno Context::err() const {
  if (!done_ || !node_of(done_)->closed.load(std::memory_order_acquire)) return Errno{};
  return node_of(done_)->error.load(std::memory_order_relaxed);
}

TimePoint Context::deadline() const { return done_ ? TimePoint(Duration(node_of(done_)->deadline)) : never; }

}  // namespace mstart::inline v0
