// SPDX-License-Identifier: MIT
// A pool of workers that search together, and stop as soon as one of them has found it: the work comes through one channel,
// the results through another, and a context tells everybody that nothing more is wanted.
//
// stdout: found: 65519 divides 4292870399
#include <mstart/mstart.h>

using namespace mstart;

constexpr uint64_t kNumber = 4'292'870'399;
constexpr uint64_t kChunk = 1'000;

// The first divisor in [from, from + kChunk); 0: none. Looks at the context now and then.
uint64_t search(uint64_t from, const Context& context) {
  for (uint64_t d = from; d < from + kChunk; ++d) {
    if (d % 100 == 0 && context.err() != Errno{}) return 0;
    if (d > 1 && kNumber % d == 0) return d;
  }
  return 0;
}

int main() {
  const Context context = Context().with_cancel();
  const Chan<uint64_t> chunks;
  const Chan<uint64_t> results(1);
  WaitGroup workers;
  for (int i = 0; i < procs(); ++i) {
    workers.go([=] {
      for (const uint64_t from : chunks) {
        const uint64_t divisor = search(from, context);
        if (divisor != 0 && results.try_send(divisor)) context.cancel();  // the first one only
      }
    });
  }
  for (uint64_t from = 0; from * from < kNumber; from += kChunk) {
    if (select(send(chunks, from), recv(context.done())) == 1) break;
  }
  chunks.close();
  workers.wait();
  std::optional<uint64_t> divisor;
  if (!results.try_recv(divisor)) {
    print("prime\n");
    return 1;
  }
  print("found: {} divides {}\n", *divisor, kNumber);
}
