// SPDX-License-Identifier: MIT
// What must not be done with channels ends the process, in Go's words; and Gs that wait for channels that nobody will use are
// a deadlock, with the reason for which each waits (Go's TestSimpleDeadlock, chan/select3's blocking half).
// freestanding-only: copies of a process that has one thread, and a deadlock that is reported
#include "child.h"

using namespace mstart;

namespace {

constexpr const char* kSendOnClosed = "send on closed channel";
constexpr const char* kDeadlock = "all goroutines are asleep - deadlock!";

// Closes ch as soon as somebody waits to send.
void close_under_a_sender(const Chan<int>& ch) {
  go([ch] {
    yield();
    ch.close();
  });
}

struct Misuse {
  const char* fatal;
  void (*provoke)();
  const char* also = "";  // somewhere behind it
};

const Misuse kMisuses[] = {
    {kSendOnClosed,
     [] {
       Chan<int> ch(1);
       ch.close();
       ch.send(1);
     }},
    {kSendOnClosed,
     [] {
       Chan<int> ch;
       ch.close();
       (void)ch.try_send(1);
     }},
    {kSendOnClosed,
     [] {
       Chan<int> ch;
       ch.close();
       select(send(ch, 1));
     }},
    {kSendOnClosed,
     [] {
       Chan<int> ch, other;
       ch.close();
       (void)try_select(recv(other), send(ch, 1));
     }},
    {kSendOnClosed,
     [] {
       set_procs(1);
       Chan<int> ch;
       close_under_a_sender(ch);
       ch.send(1);
     }},
    {kSendOnClosed,
     [] {
       set_procs(1);
       Chan<int> ch, other;
       close_under_a_sender(ch);
       select(recv(other), send(ch, 1));
     }},
    {"close of closed channel",
     [] {
       Chan<int> ch;
       ch.close();
       ch.close();
     }},
    {"close of nil channel", [] { Chan<int>(nullptr).close(); }},
    {"makechan: size out of range", [] { Chan<int> ch(-1); }},
    {"makechan: size out of range", [] { Chan<Unit> ch(-1); }},
    {"makechan: size out of range", [] { Chan<int> ch(size_t{1} << 62); }},
    {"out of memory", [] { Chan<int> ch(int64_t{1} << 58); }},
    {"the last handle to a channel was dropped while a goroutine waits in it",
     [] {
       set_procs(1);
       auto* ch = new Chan<int>;
       go([ch] { (void)ch->recv(); });  // a borrowed handle
       yield();
       delete ch;
     }},
    {kDeadlock, [] { Chan<int>().send(1); }, "[chan send]"},
    {kDeadlock, [] { (void)Chan<int>().recv(); }, "[chan receive]"},
    {kDeadlock, [] { Chan<int>(nullptr).send(1); }, "[chan send (nil chan)]"},
    {kDeadlock, [] { (void)Chan<int>(nullptr).recv(); }, "[chan receive (nil chan)]"},
    {kDeadlock,
     [] {
       Chan<int> ch(1);
       ch.send(1);
       ch.send(2);
     },
     "[chan send]"},
    {kDeadlock, [] { select(recv(Chan<int>()), send(Chan<int>(), 1)); }, "[select]"},
    {kDeadlock, [] { select(recv(Chan<int>(nullptr))); }, "[select]"},
    {kDeadlock, [] { select(); }, "[select (no cases)]"},
    {"send on, or close of, a channel of a Timer, Ticker or Context", [] { Context().with_cancel().done().close(); }},
    {"send on, or close of, a channel of a Timer, Ticker or Context",
     [] {
       const Context context = Context().with_cancel();
       (void)try_select(send(context.done(), Unit{}));
     }},
    {"cancel of the background context", [] { Context().cancel(); }},
    {"park inside a NoPreempt scope",
     [] {
       const NoPreempt scope;
       (void)Chan<int>().recv();
     }},
};

char buffer[64 * 1024];

}  // namespace

int main() {
  for (const Misuse& misuse : kMisuses) {
    const Ending end = run_child(buffer, misuse.provoke);
    constexpr std::string_view kHead = "fatal error: ";
    const size_t at = end.text.find(kHead);
    if (end.status == 2 && at != std::string_view::npos &&
        end.text.substr(at + kHead.size()).starts_with(misuse.fatal) &&
        end.text.find(misuse.also, at) != std::string_view::npos)
      continue;
    eprint("not so: {} {}: status {}\n{}\n", misuse.fatal, misuse.also, end.status, end.text);
    exit_process(1);
  }
}
