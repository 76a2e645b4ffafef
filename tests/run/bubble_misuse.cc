// SPDX-License-Identifier: MIT
// A bubble whose Gs are blocked for ever is a deadlock (Go's synctest: TestDeadlockRoot, TestDeadlockChild,
// TestDeadlockTicker); what was made in it is of no use outside (TestChannelMovedOutOfBubble, TestTimerFromInsideBubble),
// nor can a wake come from there.
// freestanding-only: copies of a process that has one thread
#include <mutex>

#include "child.h"

using namespace mstart;
using namespace std::chrono_literals;

namespace {

constexpr const char* kBlocked = "deadlock: all goroutines in bubble are blocked";
constexpr const char* kRemain = "deadlock: main bubble goroutine has exited but blocked goroutines remain";
constexpr const char* kTimer = "stop or reset of a timer in another bubble than its own";
constexpr const char* kWake = "wake of a durably blocked goroutine from outside its bubble";

// f(what make() has made in a bubble), outside.
template <class Make, class F>
void from_inside(Make&& make, F&& f) {
  decltype(make()) made;
  Bubble().run([&] { made = make(); });
  f(made);
}
template <class F>
void channel_from_inside(F&& f) {
  from_inside([] { return Chan<int>(1); }, f);
}
template <class F>
void timer_from_inside(F&& f) {
  from_inside([] { return Timer(1h); }, f);
}

// A G in a bubble does block(); when it is blocked, a G outside wakes it.
template <class Block, class Wake>
void wake_from_outside(Block&& block, Wake&& wake) {
  Chan<Unit> blocked;
  go([=] {
    (void)blocked.recv();
    wake();
  });
  Bubble bubble;
  bubble.run([&] {
    go([&] { block(); });
    bubble.wait();
    blocked.send({});
    (void)Chan<int>().recv();
  });
}

struct Misuse {
  const char* fatal;
  void (*provoke)();
  const char* also = "";  // somewhere behind it
};

const Misuse kMisuses[] = {
    {kBlocked, [] { Bubble().run([] { select(); }); }, "goroutine 1 [select (no cases) (durable), bubble 1]"},
    {kBlocked, [] { Bubble().run([] { (void)Chan<int>().recv(); }); }, "[chan receive (durable), bubble 1]"},
    {kBlocked, [] { Bubble().run([] { sleep_for(1h), Chan<int>().send(1); }); }, "[chan send (durable), bubble 1]"},
    {kBlocked, [] { Bubble().run([] { Semaphore(0).acquire(); }); }, "(durable), bubble 1]"},
    {kBlocked,
     [] {
       Bubble().run([] {
         Scope scope;
         scope.go([] { select(); });
       });
     },
     "[waitgroup (durable), bubble 1]"},
    {kBlocked,
     [] {
       Bubble().run([] {
         const Ticker ticker(1s);  // nobody waits for it
         after_func(1min, [] {});
         select();
       });
     }},
    {kRemain, [] { Bubble().run([] { go([] { select(); }); }); }, "[select (no cases) (durable), bubble 1]"},
    {kRemain, [] { Bubble().run([] { go([] { sleep_for(1s); }); }); },
     "[sleep (durable), for 1000000 us more, bubble 1]"},
    {kRemain,
     [] {
       Bubble().run([] {
         go([] {
           for (const TimePoint tick : Ticker(1s).c()) eprint("unexpected: {}\n", tick.time_since_epoch());
         });
       });
     }},
    // A G outside may yet bring something, but none is there.
    {"all goroutines are asleep - deadlock!",
     [] {
       const Chan<int> outside;
       Bubble().run([&] {
         go([] { sleep_for(1s); });
         (void)outside.recv();
       });
     },
     "goroutine 1 [a channel from outside the bubble, bubble 1]"},
    {"send on a bubble's channel", [] { channel_from_inside([](const Chan<int>& c) { c.send(1); }); }},
    {"send on a bubble's channel", [] { channel_from_inside([](const Chan<int>& c) { (void)c.try_send(1); }); }},
    {"receive on a bubble's channel", [] { channel_from_inside([](const Chan<int>& c) { (void)c.recv(); }); }},
    {"receive on a bubble's channel",
     [] {
       channel_from_inside([](const Chan<int>& c) {
         std::optional<int> v;
         (void)c.try_recv(v);
       });
     }},
    {"receive on a bubble's channel",  // in the next one
     [] { channel_from_inside([](const Chan<int>& c) { Bubble().run([&] { (void)c.recv(); }); }); }},
    {"close of a bubble's channel", [] { channel_from_inside([](const Chan<int>& c) { c.close(); }); }},
    {"select on a bubble's channel",
     [] { channel_from_inside([](const Chan<int>& c) { (void)try_select(recv(c)); }); }},
    {"select on a bubble's channel", [] { channel_from_inside([](const Chan<int>& c) { select(send(c, 1)); }); }},
    {"receive on a bubble's channel", [] { timer_from_inside([](const Timer& t) { (void)t.c().recv(); }); }},
    {kTimer, [] { timer_from_inside([](const Timer& t) { t.stop(); }); }},
    {kTimer, [] { timer_from_inside([](const Timer& t) { t.reset(1s); }); }},
    {kTimer,
     [] {
       const Timer outside(1h);
       Bubble().run([&] { outside.reset(1s); });
     }},
    {kTimer, [] { from_inside([] { return Ticker(1h); }, [](const Ticker& t) { t.reset(1s); }); }},
    {kWake,
     [] {
       static Semaphore semaphore(0);
       wake_from_outside([] { semaphore.acquire(); }, [] { semaphore.release(); });
     }},
    {kWake,
     [] {
       static WaitGroup group;
       group.add(1);
       wake_from_outside([] { group.wait(); }, [] { group.done(); });
     }},
    {kWake,
     [] {
       static Mutex mutex;
       static CondVar changed;
       wake_from_outside(
           [] {
             std::unique_lock lock(mutex);
             changed.wait(lock);
           },
           [] { changed.notify_one(); });
     }},
    {"Bubble::run called in a bubble", [] { Bubble().run([] { Bubble().run([] {}); }); }},
    {"Bubble::run called while it runs",
     [] {
       static Bubble bubble;
       const Chan<int> over;
       go([over] { bubble.run([&] { (void)over.recv(); }); });
       yield();
       bubble.run([] {});
     }},
    {"Bubble::wait called outside of its bubble", [] { Bubble().wait(); }},
    {"Bubble::wait called outside of its bubble", [] { Bubble().run([] { Bubble().wait(); }); }},
    {"Bubble::wait called while another goroutine waits",
     [] {
       Bubble bubble;
       bubble.run([&] {
         go([&] { bubble.wait(); });
         bubble.wait();
       });
     }},
};

char buffer[64 * 1024];

}  // namespace

int main() {
  for (const Misuse& misuse : kMisuses) {
    const Ending end = run_child(buffer, [&] {
      set_procs(1);
      misuse.provoke();
    });
    constexpr std::string_view kHead = "fatal error: ";
    const size_t at = end.text.find(kHead);
    if (end.status == 2 && at != std::string_view::npos && end.text.find(misuse.also, at) != std::string_view::npos &&
        end.text.substr(at + kHead.size()).starts_with(misuse.fatal))
      continue;
    eprint("not so: {} {}: status {}\n{}\n", misuse.fatal, misuse.also, end.status, end.text);
    exit_process(1);
  }
}
