// SPDX-License-Identifier: MIT
// Gs that are parked for ever in channels, because no handle is left to any G that could run. While deadlocks are watched, all
// channels are in a list.
//
// What counts. A channel knows how many handles there are. Those that are in the function objects of parked Gs are found
// there, word by word: nothing but a handle holds a channel's address. If these are all, only those Gs can ever use it. So,
// of the Gs that wait in channels: suspect all. A channel with more handles than the suspects hold is alive; a suspect that
// waits in one that is alive, or that has a deadline, is none any more; nor are then the channels that it holds or waits in
// dead, and so on, until nothing changes. Who is left can be woken by nobody, not even by each other.
//
// Why that is exact. The first pass meets each suspect in its queue, under the channel's lock, and notes what it holds. Then
// the handles are counted. The second pass meets the same waits again, and nobody else. So at each moment in between all of
// them were parked, and what they hold did not change; a channel of which at one of these moments no other handle is left
// gets none any more, because handles are made of handles.
//
// What it does not see. A handle elsewhere (on a stack, in the heap, in a global, in a channel's buffer, in the function of a
// spawn()) counts as one that may yet be used: then nothing is said. So it is if a G that is no suspect has something in its
// function object that points to the stack or the function object of a suspect, which may have lent it a handle; a function
// object in the heap, as spawn()'s, may always. Only a reference that nothing but other stacks or the heap has is overlooked:
// one that was passed through a channel, or is in the function of an after_func(). Channels of timers and contexts are used
// by the runtime, and never dead; those made before run() are not in the list.
#include <new>

#include "runtime/chan.h"
#include "runtime/dump.h"
#include "runtime/report.h"
#include "runtime/sched.h"

namespace mstart::runtime {
namespace {

struct WatchedChannel : Channel {
  using Channel::Channel;

  // In the list.
  WatchedChannel* next = nullptr;
  WatchedChannel** at = nullptr;

  // A look's.
  uint32_t held = 0;     // handles that suspects have
  uint32_t waiting = 0;  // that the first pass has met
  uint32_t met = 0;      // that the second has met again
  bool alive = false;
};

constinit Lock list_lock{Rank::kWatched};
constinit WatchedChannel* watched_channels = nullptr;
constinit uint32_t watched_count = 0;

void free_watched(Channel* channel) {
  auto* c = static_cast<WatchedChannel*>(channel);
  {
    LockGuard guard(list_lock);
    *c->at = c->next;
    if (c->next != nullptr) c->next->at = c->at;
    --watched_count;
  }
  free_block(c);
}

// A G that is parked in channels.
struct Party {
  const G* g;
  SelectWait* select;        // null: it waits in one channel
  uint32_t expected, nodes;  // that it waits with; of which were met
  bool cleared;              // no suspect any more
  Stuck stuck;
};

// One of its nodes.
struct Wait {
  const ChanWaiter* node;
  WatchedChannel* channel;
  Party* party;
};

// A handle in its function object.
struct Hold {
  Party* party;  // null: that one is cleared, and the channel does not count it any more
  WatchedChannel* channel;
};

// Perhaps while its G writes there.
__attribute__((no_sanitize("thread"))) uintptr_t word_at(const void* object, size_t at) {
  using Word [[gnu::may_alias]] = uintptr_t;
  return *reinterpret_cast<const volatile Word*>(static_cast<const char*>(object) + at);
}

// fn(channel, node) for all that wait, under each channel's lock. One that is locked is being used: it is alive.
template <class F>
void for_each_node(F fn) {
  for (WatchedChannel* c = watched_channels; c != nullptr; c = c->next) {
    if (!c->lock.try_lock()) {
      c->alive = true;
      continue;
    }
    for (const WaitQueue* queue : {&c->receivers, &c->senders}) {
      for (ChanWaiter* node = queue->first(); node != nullptr; node = node->next) fn(c, node);
    }
    c->lock.unlock();
  }
}

// How much there is to look at; a little later it may be more.
struct Amount {
  uint32_t nodes = 0, words = 0, slots = 1;
  static Amount now() {
    Amount n;
    for_each_node([&](WatchedChannel*, const ChanWaiter* node) {
      ++n.nodes;
      n.words += node->g->type->size / sizeof(uintptr_t);
    });
    while (n.slots < 2 * watched_count) n.slots *= 2;
    return n;
  }
  size_t bytes() const {
    return nodes == 0 ? 0
                      : slots * sizeof(WatchedChannel*) + nodes * (sizeof(Party) + sizeof(Wait)) + words * sizeof(Hold);
  }
};

// Under list_lock, but for report_all.
class ChannelLook {
 public:
  ChannelLook(Scratch& scratch, const Amount& room)
      : room_(room),
        channels_(scratch.take<WatchedChannel*>(room.slots)),
        parties_(scratch.take<Party>(room.nodes)),
        waits_(scratch.take<Wait>(room.nodes)),
        holds_(scratch.take<Hold>(room.words)) {}

  // False: nobody is stuck, or it is not to be found out.
  bool find() {
    for (WatchedChannel* c = watched_channels; c != nullptr; c = c->next) {
      c->held = c->waiting = c->met = 0;
      c->alive = false;
      *slot_of(reinterpret_cast<uintptr_t>(c)) = c;
    }
    for_each_node([this](WatchedChannel* c, ChanWaiter* node) { collect(c, node); });
    for (Party* p = parties_; p != parties_ + party_count_; ++p) p->cleared |= p->nodes != p->expected;
    do {
      settle();
    } while (any_suspect() && clear_lenders());
    return any_suspect() && confirm();
  }

  // They have been told of, or will be.
  void mark() {
    for_each_node([this](WatchedChannel*, ChanWaiter* node) {
      if (const Wait* wait = wait_of(node); wait != nullptr && !wait->party->cleared) node->stuck = next(node->stuck);
    });
  }

  void report_all(int fd, Look look) const {
    for (const Party* p = parties_; p != parties_ + party_count_; ++p) {
      if (p->cleared || (look == Look::kWatch && p->stuck != Stuck::kOnce)) continue;
      report(fd, "deadlock: goroutine % waits for ever [$]: no goroutine that can run holds its channel\n",
             {static_cast<intptr_t>(p->g->id), as_value(name_of(p->g->wait_reason))});
      if (look == Look::kWatch) dump_g(fd, p->g);
    }
  }

 private:
  // Where a channel's address is, or would be.
  WatchedChannel** slot_of(uintptr_t address) const {
    auto i = static_cast<uint32_t>((address * 0x9e3779b97f4a7c15U) >> 32);
    for (;; ++i) {
      WatchedChannel** slot = &channels_[i & (room_.slots - 1)];
      if (*slot == nullptr || reinterpret_cast<uintptr_t>(*slot) == address) return slot;
    }
  }

  // Under the channel's lock.
  void collect(WatchedChannel* c, ChanWaiter* node) {
    Party* party = wait_count_ != room_.nodes ? party_of(node) : nullptr;
    if (party == nullptr) {
      c->alive = true;
      return;
    }
    if (node->stuck == Stuck::kNew) node->stuck = Stuck::kSeen;
    if (node->stuck < party->stuck) party->stuck = node->stuck;
    ++party->nodes;
    ++c->waiting;
    node->index = wait_count_;
    waits_[wait_count_++] = {node, c, party};
  }

  Party* party_of(const ChanWaiter* node) {
    SelectWait* select = node->select;
    if (select != nullptr && select->party < party_count_ && parties_[select->party].select == select)
      return &parties_[select->party];
    if (select != nullptr) select->party = party_count_;
    Party* party = &parties_[party_count_++];
    const G* g = node->g;
    *party = {g, select, select != nullptr ? select->waiters : 1, 0, g->wait_until != 0, Stuck::kTold};
    for (uint32_t at = 0; at + sizeof(uintptr_t) <= g->type->size; at += sizeof(uintptr_t)) {
      WatchedChannel* held = *slot_of(word_at(g->closure, at));
      if (held == nullptr || hold_count_ == room_.words) continue;
      holds_[hold_count_++] = {party, held};
      ++held->held;
    }
    return party;
  }

  bool any_suspect() const {
    for (const Party* p = parties_; p != parties_ + party_count_; ++p) {
      if (!p->cleared) return true;
    }
    return false;
  }

  void settle() {
    for (bool changed = true; changed;) {
      changed = false;
      for (WatchedChannel* c = watched_channels; c != nullptr; c = c->next) {
        if (c->alive || c->handles.load(std::memory_order_acquire) == c->held) continue;
        c->alive = changed = true;
      }
      for (Wait* w = waits_; w != waits_ + wait_count_; ++w) {
        if (w->party->cleared == w->channel->alive) continue;
        w->party->cleared = w->channel->alive = changed = true;
      }
      for (Hold* h = holds_; h != holds_ + hold_count_; ++h) {
        if (h->party == nullptr || !h->party->cleared) continue;
        h->party = nullptr;
        --h->channel->held;
        changed = true;
      }
    }
  }

  // Those whom somebody may have a reference of that could still run. True: there was one.
  bool clear_lenders() {
    cleared_ = false;
    for_each_g([](G* g, void* self) { static_cast<ChannelLook*>(self)->clear_lenders_to(g); }, this);
    return cleared_;
  }
  __attribute__((no_sanitize("thread"))) void clear_lenders_to(const G* g) {
    if (g->status.load(std::memory_order_relaxed) == GStatus::kDead) return;
    for (const Party* p = parties_; p != parties_ + party_count_; ++p) {
      if (p->g == g && !p->cleared) return;
    }
    for (Party* p = parties_; p != parties_ + party_count_; ++p) {
      if (!p->cleared && may_refer(g, p->g)) p->cleared = cleared_ = true;
    }
  }
  __attribute__((no_sanitize("thread"))) static bool may_refer(const G* g, const G* suspect) {
    // A function object in the heap may be gone: what is in it is not known. So it is of a G that is just being made.
    const detail::ClosureType* type = g->type;
    if (type == nullptr || type->size > sizeof g->inline_closure || g->closure != g->inline_closure ||
        g->at_end.fn == detail::task_ended)
      return true;
    for (size_t at = 0; at + sizeof(uintptr_t) <= type->size; at += sizeof(uintptr_t)) {
      const uintptr_t word = word_at(g->inline_closure, at);
      if (inside(word, suspect->stack.lo, suspect->stack.hi) || in_closure(word, suspect)) return true;
    }
    return false;
  }
  static bool inside(uintptr_t word, const char* lo, const char* hi) {
    return word >= reinterpret_cast<uintptr_t>(lo) && word < reinterpret_cast<uintptr_t>(hi);
  }
  static bool in_closure(uintptr_t word, const G* g) {
    const auto* closure = static_cast<const char*>(g->closure);
    return inside(word, closure, closure + g->type->size);
  }

  // What the first pass has met, if it is the same still.
  const Wait* wait_of(const ChanWaiter* node) const {
    if (node->stuck == Stuck::kNew || node->index >= wait_count_) return nullptr;
    const Wait* wait = &waits_[node->index];
    return wait->node == node ? wait : nullptr;
  }

  // The second pass.
  bool confirm() {
    bool same = true;
    for_each_node([&](WatchedChannel* c, const ChanWaiter* node) {
      if (c->alive) return;
      ++c->met;
      const bool claimed = node->select != nullptr && node->select->claimed.load(std::memory_order_relaxed);
      if (wait_of(node) == nullptr || claimed) same = false;
    });
    for (const Wait* w = waits_; w != waits_ + wait_count_; ++w)
      same = same && (w->party->cleared || w->channel->met == w->channel->waiting);
    return same;
  }

  const Amount room_;
  WatchedChannel** const channels_;  // by address: a hash table
  Party* const parties_;
  Wait* const waits_;
  Hold* const holds_;
  uint32_t party_count_ = 0, wait_count_ = 0, hold_count_ = 0;
  bool cleared_ = false;
};

}  // namespace

void report_stuck_in_channels(int fd, Look look) {
  if (look == Look::kWatch)
    list_lock.lock();
  else if (!list_lock.try_lock())
    return;
  const Amount room = Amount::now();
  Scratch scratch(room.bytes());
  if (!scratch.ok()) return list_lock.unlock();
  ChannelLook it(scratch, room);
  const bool found = it.find();
  if (found && look == Look::kWatch) it.mark();
  list_lock.unlock();
  if (found) it.report_all(fd, look);
}

Channel* make_watched(const detail::ElementType& type, size_t capacity) {
  watch_deadlocks();
  char* ring;
  void* block = chan_block(sizeof(WatchedChannel), type, capacity, &ring);
  auto* c = new (block) WatchedChannel(type, capacity, ring);
  c->free = free_watched;
  LockGuard guard(list_lock);
  c->next = watched_channels;
  c->at = &watched_channels;
  if (c->next != nullptr) c->next->at = &c->next;
  watched_channels = c;
  ++watched_count;
  return c;
}

}  // namespace mstart::runtime
