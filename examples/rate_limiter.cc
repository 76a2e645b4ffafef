// SPDX-License-Identifier: MIT
// A token bucket: requests pass at a steady rate, and a few more after a pause. The bucket is a buffered channel: its
// buffer is the burst, a G drops a token in at each interval, and who wants to pass takes one out.
//
// stdout: 10 requests passed
// stdout: no token in 1 ms
#include <mstart/mstart.h>

using namespace mstart;
using namespace std::chrono_literals;

class RateLimiter {
 public:
  RateLimiter(Duration interval, int burst) : tokens_(burst) {
    for (int i = 0; i < burst; ++i) tokens_.send({});
    go([tokens = tokens_, stop = stop_, interval] {
      for (TimePoint next = Clock::now() + interval; select(recv(stop.done()), timeout(next)) == 1; next += interval)
        (void)tokens.try_send({});  // a full bucket overflows
    });
  }
  ~RateLimiter() { stop_.cancel(); }
  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  // Parks until the caller may pass; false: the context has ended first.
  bool wait(const Context& context = {}) { return select(recv(tokens_), recv(context.done())) == 0; }

 private:
  Chan<Unit> tokens_;
  Context stop_ = Context().with_cancel();
};

int main() {
  constexpr Duration kInterval = 20ms;
  RateLimiter limiter(kInterval, 3);
  const TimePoint begin = Clock::now();
  int passed = 0, at_once = 0;
  for (; passed < 10 && limiter.wait(); ++passed) {
    if (Clock::now() - begin < kInterval) ++at_once;
  }
  print("{} requests passed, {} of them at once\n", passed, at_once);

  // Whoever will not wait for ever says so; there may be a token yet.
  while (limiter.wait(Context().with_timeout(1ms))) {
  }
  print("no token in 1 ms\n");
}
