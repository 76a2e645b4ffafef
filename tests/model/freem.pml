/* SPDX-License-Identifier: MIT
 *
 * The memory of an M (I4), runtime/newm.cc and mstart.cc: nobody builds an M where a thread still runs, and nothing leaks.
 *
 *   process here   code                                                                          tags
 *   creator        allocm: reap_m, renew_m or new_m; newm1: newosproc or start_thread, refuse_m  [tid:B]
 *   thread         mstart, then mexit: free_m and what leave() does after it; its end            [tid:A]
 *
 * A slot's STACK stands for all that is in it: stacks, TLS, the M. place_m writes the number of the birth there, and whoever
 * runs on the slot must find that number, as long as it does. At a thread's end the kernel is on its CPU: it stores 0 to the
 * word by what other threads see as a release. HOSTED: libc's thread stores its word itself, and the 0 is its last touch of
 * the M. A creator that finds no slot is refused for want of memory.
 *
 * A relaxed [tid:B] is not among the mistakes: what the reaper stores to the slot depends on the word by a branch, so no
 * processor does it earlier. C++ gives no such promise.
 */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef BIRTHS
#define BIRTHS 3
#endif

#define CREATORS 2
#define NPROC (CREATORS + BIRTHS)
#define LOCK 0 /* sched.lock */
#define STACK(slot) (1 + 2 * (slot))
#define TID(slot) (2 + 2 * (slot))
#define NLOC (1 + 2 * SLOTS)
#include "memory.pml"

#ifdef BUG_A
#define ORDER_A RLX
#else
#define ORDER_A REL
#endif
#define NONE 15
#define BEING_BORN 14

/* Under LOCK; `fresh` has a lock of its own, so one step at a time. */
byte freem = NONE, freelink[SLOTS];
byte fresh;

byte births;
byte slot_of[NPROC]; /* 1 + the slot that a thread begins on */
byte threads_on[SLOTS];

inline run_on(p) {
  load(p, STACK(s), RLX, x);
  assert(x == p)
}

inline free_m(p) {
  lock(p, LOCK);
  freelink[s] = freem;
  freem = s;
#ifdef BUG_FREED_IS_FREE
  store(p, TID(s), 0, REL); /* Go's freeWait */
#endif
  unlock(p, LOCK)
}

/* ---- who wants an M ---- */

inline reap_m() {
#ifndef BUG_REAPS_WITHOUT_LOCK
  lock(c, LOCK);
#endif
  s = freem;
  do
  :: s == NONE -> break
  :: else ->
    load(c, TID(s), ACQ, x);
    if
#ifdef BUG_WORD_IGNORED
    :: true ->
#else
    :: x != 0 -> before = s; s = freelink[s]
    :: x == 0 ->
#endif
      if
#ifndef BUG_UNLINKS_FIRST
      :: before != NONE -> freelink[before] = freelink[s]
#endif
      :: else -> freem = freelink[s]
      fi;
      break
    fi
  od;
#ifndef BUG_REAPS_WITHOUT_LOCK
  unlock(c, LOCK);
#endif
  before = NONE
}

/* b: the birth, and its thread. */
inline allocm() {
  reap_m();
  if
  :: s != NONE
  :: atomic { s == NONE && fresh < SLOTS -> s = fresh; fresh++ }
  :: s == NONE && fresh == SLOTS /* no memory */
  fi;
  if
  :: s == NONE
  :: else ->
    assert(threads_on[s] == 0);
    store(c, TID(s), 0, RLX); /* place_m */
    store(c, STACK(s), b, RLX)
  fi
}

inline newosproc() {
  store(c, TID(s), BEING_BORN, RLX);
  barrier(c);
  if
  :: true -> /* clone */
#if !defined(HOSTED) && !defined(BUG_TID_BY_CREATOR)
    store(c, TID(s), b, RLX); /* PARENT_SETTID, before the child can run */
    barrier(c);
#endif
    atomic { threads_on[s]++; slot_of[b] = s + 1 }
#ifdef BUG_TID_BY_CREATOR
    store(c, TID(s), b, RLX);
#endif
  :: true -> /* refused */
#ifndef BUG_REFUSED_BEING_BORN
    store(c, TID(s), 0, REL);
#endif
    free_m(c);
    atomic { slot_of[b] = NONE }
  fi
}

proctype creator(byte c) {
  byte b, s, x, before = NONE;
  do
  :: atomic { births < BIRTHS -> b = CREATORS + births; births++ }
    allocm();
    if
    :: s == NONE -> slot_of[b] = NONE
    :: else -> newosproc()
    fi;
    atomic { s = 0; x = 0; b = 0 }
  :: atomic { births == BIRTHS -> break }
  od
}

/* ---- an M's thread ---- */

proctype thread(byte p) {
  byte s, x;
  atomic {
    slot_of[p] != 0;
    if
    :: slot_of[p] == NONE -> slot_of[p] = 0; goto never_born
    :: else -> s = slot_of[p] - 1; slot_of[p] = 0
    fi
  }
#ifdef HOSTED
  store(p, TID(s), p, RLX); /* minit */
#endif
  run_on(p);
  free_m(p);
  run_on(p); /* it unlocks, and leaves a retrier */
  store(p, STACK(s), p, RLX);
#ifdef BUG_GONE_BEFORE_LAST_USE
  store(p, TID(s), 0, ORDER_A);
  store(p, STACK(s), p, RLX);
  atomic { threads_on[s]-- }
#else
  atomic { threads_on[s]-- } /* nothing of the slot from here on, but what is in the store buffer */
  store(p, TID(s), 0, ORDER_A);
#endif
  barrier(p);
never_born:
  atomic { s = 0; x = 0 }
}

init {
  byte i, n;
  atomic {
    run creator(0); run creator(1);
    i = 0;
    do
    :: i < NPROC ->
      run hardware(i);
      if
      :: i >= CREATORS -> run thread(i)
      :: else
      fi;
      i++
    :: else -> break
    od
  }
  /* All have ended, so every slot that was ever taken is in freem, once, and can be taken again. */
  atomic {
    timeout ->
    assert(births == BIRTHS);
    i = freem;
    do
    :: i != NONE -> assert(mem[TID(i)] == 0); n++; assert(n <= fresh); i = freelink[i]
    :: else -> break
    od;
    assert(n == fresh)
  }
}
