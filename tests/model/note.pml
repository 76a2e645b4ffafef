/* SPDX-License-Identifier: MIT
 *
 * os/note.h, as an M uses it that sleeps on the idle list with a time limit (mPark and acquire_nextp in runtime/machines.cc):
 * no wake is lost, none comes twice, and the P that a waker has written into nextp is there for the M that it woke.
 *
 *   process here   code                                                              tags
 *   waker          startm: mget under sched.lock, nextp, notewakeup; two of them     [note:A]
 *   sleeper        stopm: mput, notetsleep, then notesleep, acquire_nextp, clear     [note:B]
 *
 * The kernel's wake comes after the store of the key, as late as it likes: in the next round it is one for no reason.
 */
#ifndef ROUNDS
#define ROUNDS 2
#endif
#define KEY 0
#define NEXTP 1
#define LOCK 2
#define NLOC 3
#define NPROC 3
#define SLEEPER 0
#define LOOKS_BACK(p) ((p) == SLEEPER || round < ROUNDS)
#define EARLY (BIT(NLOC) - 1)
byte round; /* wakes so far */
#include "memory.pml"

#ifdef BUG_A
#define ORDER_A RLX
#else
#define ORDER_A REL
#endif
#ifdef BUG_B
#define ORDER_B RLX
#else
#define ORDER_B ACQ
#endif

/* Under LOCK. */
bool on_idle_list;

byte taken; /* Ps that the sleeper has got */
bool has_left;

inline note_wake(p) {
#ifdef BUG_WAKE_FIRST
  futex_wake(p, KEY);
#endif
  exchange(p, KEY, 1, ORDER_A, r);
  assert(r == 0); /* notewakeup - double wakeup */
#ifndef BUG_WAKE_FIRST
  futex_wake(p, KEY)
#endif
}

/* woken: false if the deadline came first, which it may at any time if there is one. */
inline note_sleep(limited) {
  do
  :: load(SLEEPER, KEY, ORDER_B, r);
    if
    :: r != 0 -> woken = true; break
    :: r == 0 && limited -> load(SLEEPER, KEY, ORDER_B, r); woken = (r != 0); break
    :: r == 0 ->
      futex_wait(SLEEPER, KEY, 0);
#ifdef BUG_TRUSTS_FUTEX
      woken = true;
      break
#endif
    fi
  od
}

proctype waker(byte p) {
  byte r, mine;
  do
  :: lock(p, LOCK);
    atomic {
      if
      :: round < ROUNDS && on_idle_list ->
#ifndef BUG_TAKEN_TWICE
        on_idle_list = false;
#endif
        round++;
        mine = round
      :: else
      fi
    }
    unlock(p, LOCK);
    if
    :: mine != 0 ->
      load(p, NEXTP, RLX, r);
      assert(r == 0); /* startm: m has p */
      store(p, NEXTP, mine, RLX);
      note_wake(p);
      atomic { mine = 0; r = 0 }
    :: else -> break
    fi
  od
}

proctype sleeper() {
  byte r, given;
  bool woken;
  do
  ::
#ifdef BUG_CLEARED_LATE
    lock(SLEEPER, LOCK);
    on_idle_list = true;
    unlock(SLEEPER, LOCK);
    store(SLEEPER, KEY, 0, RLX);
#else
    store(SLEEPER, KEY, 0, RLX); /* note.clear() */
    lock(SLEEPER, LOCK);
    on_idle_list = true;
    unlock(SLEEPER, LOCK);
#endif
    note_sleep(true);
    if
    :: woken
    :: else ->
      lock(SLEEPER, LOCK);
#ifdef BUG_LEAVES_BLINDLY
      if
      :: true -> on_idle_list = false; has_left = true
      fi;
#else
      if
      :: on_idle_list -> on_idle_list = false; has_left = true
      :: else
      fi;
#endif
      unlock(SLEEPER, LOCK);
      if
      :: has_left -> break
      :: else -> note_sleep(false)
      fi
    fi;
    load(SLEEPER, NEXTP, RLX, given);
    assert(given != 0); /* acquirep: of what the waker gave */
    assert(given == taken + 1);
    atomic { taken++; given = 0; r = 0; woken = false }
    store(SLEEPER, NEXTP, 0, RLX)
  od
}

init {
  atomic {
    run hardware(0); run hardware(1); run hardware(2);
    run sleeper(); run waker(1); run waker(2)
  }
  atomic {
    timeout ->
    assert(taken == round); /* nobody sleeps with a P in its hand, or has left with it */
    assert(has_left || on_idle_list)
  }
}
