// SPDX-License-Identifier: MIT
// With one P, two Gs that ready each other for ever, each after some work, leave another such pair its share: runnext
// runs in the slice of the G that readied it, and does not go before all others for ever (Go's TestPingPongHog).
#include "expect.h"

using namespace mstart;

namespace {

class Pair {
 public:
  explicit Pair(int work) : work_(work) { side_[0].add(1), side_[1].add(1); }
  void start(Scope& scope) {
    for (const int me : {0, 1}) scope.go([this, me] { play(me); });
    side_[0].done();
  }
  void stop() { stop_ = true; }
  int passes() const { return passes_; }

 private:
  void play(int me) {
    for (;;) {
      side_[me].wait();
      side_[me].add(1);
      for (int i = 0; i < work_; ++i) asm volatile("");
      const bool last = stop_;
      ++passes_;
      side_[1 - me].done();
      if (last) return;
    }
  }
  const int work_;
  WaitGroup side_[2];
  std::atomic<bool> stop_{false};
  std::atomic<int> passes_{0};
};

}  // namespace

int main() {
  set_procs(1);
  Pair light(0), hog(2000);
  Scope scope;
  hog.start(scope);
  light.start(scope);
  while (light.passes() < 10'000) yield();
  const int hogs = hog.passes(), lights = light.passes();
  expect(hogs != 0 && lights / hogs < 100 && hogs / lights < 100, "both pairs get their share");
  light.stop();
  hog.stop();
}
