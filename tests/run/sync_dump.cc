// SPDX-License-Identifier: MIT
// dump() says what each G waits for; a deadlock on a mutex is reported, whether deadlocks are watched or not.
// cases: 0 3600
// env: MSTART_PROCS=1
// env: MSTART_DEBUG=deadlock={case}
// status: 2
// stderr: fatal error: all goroutines are asleep - deadlock!
// stderr: goroutine 1 [sync.Mutex.Lock]
// once: deadlock: goroutine 1 waits for mutex 0x
// once:  held by goroutine 1
// stderr: [sync.RWMutex.Lock]: writer
// stderr: [sync.RWMutex.RLock]: reader
// stderr: [sync.RWMutex.Lock]: drain
// stderr: [sync.Cond.Wait]: cond
// stderr: [once]: once
// stderr: [semaphore]: semaphore
// freestanding-only: it ends in a deadlock that is reported
#include <mutex>

#include "expect.h"

using namespace mstart;

int main() {
  Mutex mutex, cond_mutex;
  SharedMutex written, read;
  CondVar cond;
  Once once;
  Semaphore semaphore(0);
  written.lock();
  read.lock_shared();
  go({.name = "writer"}, [&] { written.lock(); });
  go({.name = "reader"}, [&] { written.lock_shared(); });
  go({.name = "drain"}, [&] { read.lock(); });
  go({.name = "cond"}, [&] {
    std::unique_lock lock(cond_mutex);
    cond.wait(lock);
  });
  go([&] { once.call([&] { semaphore.acquire(); }); });
  go({.name = "once"}, [&] { once.call([] {}); });
  go({.name = "semaphore"}, [&] { semaphore.acquire(); });
  mutex.lock();
  mutex.lock();
}
