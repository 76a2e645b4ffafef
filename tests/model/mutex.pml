/* SPDX-License-Identifier: MIT
 *
 * Mutex (runtime/mutex.cc) in the parking lot: one G has it, who waits is woken or gets it handed over, what was done under it
 * is seen by the next, and unlock() does not touch it after the access that lets another G in, which may destroy it.
 *
 *   inline here     code
 *   lock_mutex      Mutex::lock, lock_slow, still_locked, end_starving
 *   unlock_mutex    Mutex::unlock, unlock_slow, release
 *
 * Each G locks it ROUNDS times; when all have done so and the last has left it is gone. That a G has waited for a millisecond
 * may be so at any time. A G spins once. Readers (SharedMutex) and time limits are not here.
 */
#ifndef GS
#define GS 3
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#define NPROC GS
#define WORD 0
#define BUCKET 1
#define DATA 2 /* changed by who has the mutex */
#define RUN(g) (3 + (g))
#define NLOC (3 + GS)
#include "memory.pml"
#include "lot.pml"

#ifdef BUG_UNLOCK_RELAXED
#define ORDER_UNLOCK RLX
#else
#define ORDER_UNLOCK REL
#endif
#define LOCKED 1
#define PARKED 2
#define WOKEN 4
#define STARVING 8

byte turns; /* how often it has been locked */

/* Each loop of CAS is one moment: what it saw before decides nothing. */
inline change(g, ord) { CAN_RMW(g, WORD, ord); touch(); x = mem[WORD] }

inline lock_mutex(g) {
  do
  :: atomic { change(g, ACQ);
      if
      :: !(x & LOCKED) -> mem[WORD] = (awake -> x & ~WOKEN : x) | LOCKED; awake = false; locked = true
      :: else
      fi
    }
    if
    :: locked -> break
    :: else
    fi;
    if
    :: !spun -> /* worth_spinning */
      atomic { change(g, RLX);
        spun = true;
        if
        :: !awake && (x & (LOCKED | PARKED | WOKEN | STARVING)) == (LOCKED | PARKED) -> mem[WORD] = x | WOKEN; awake = true
        :: else
        fi
      }
    :: true ->
#ifdef BUG_MARKS_UNLOCKED
      mark_locked(g);
      lock(g, BUCKET);
#else
      lock(g, BUCKET);
      mark_locked(g);
#endif
      if
      :: !marked -> unlock(g, BUCKET)
      :: else ->
        if
        :: again -> push_front(g)
        :: else -> push_back(g)
        fi;
        marked = false;
        lot_park(g);
        if
        :: told[g] ->
          told[g] = false;
          atomic { change(g, RLX);
            if
            :: mem[WORD] = x & ~STARVING
            :: x & PARKED
            fi
          }
          break
        :: else -> atomic { awake = true; again = true; spun = false }
          if
          :: starves = true
          :: true
          fi
        fi
      fi
    fi
  od;
  atomic { x = 0; spun = false; awake = false; locked = false; again = false; starves = false }
}

/* still_locked */
inline mark_locked(g) {
  atomic { change(g, RLX);
    if
    :: x & LOCKED ->
#ifdef BUG_WOKEN_KEPT
      mem[WORD] = x | PARKED | (starves -> STARVING : 0);
#else
      mem[WORD] = (awake -> x & ~WOKEN : x) | PARKED | (starves -> STARVING : 0);
#endif
      awake = false; marked = true
    :: else -> marked = false
    fi
  }
}

inline unlock_mutex(g) {
  atomic { change(g, ORDER_UNLOCK);
    assert(x & LOCKED);
    if
    :: (x & PARKED) && (x & (STARVING | WOKEN)) != WOKEN
    :: else -> mem[WORD] = x & ~LOCKED; opened = true
    fi
  }
  if
  :: opened
  :: else ->
#ifdef BUG_OPENS_FIRST
    atomic { change(g, ORDER_UNLOCK); mem[WORD] = x & ~LOCKED }
#endif
    lock(g, BUCKET);
    atomic { touch(); x = mem[WORD]; handed_over = (x & STARVING) != 0 }
    atomic {
      if
      :: handed_over || !(x & WOKEN) -> take_first(heir)
      :: else -> heir = NONE
      fi;
      handed_over = handed_over && heir != NONE;
      bits = (LOT_EMPTY -> 0 : PARKED);
      if
      :: heir == NONE
      :: heir != NONE && handed_over -> told[heir] = true;
#ifndef BUG_HANDED_OVER_OPEN
        bits = bits | LOCKED
#endif
      :: heir != NONE && !handed_over -> bits = bits | WOKEN
      fi
    }
    atomic { change(g, ORDER_UNLOCK);
      mem[WORD] = (x & ~(LOCKED | PARKED)) | bits;
      if
      :: handed_over
      :: else -> mem[WORD] = mem[WORD] & ~STARVING
      fi
    }
    unlock(g, BUCKET);
#ifdef BUG_TOUCHED_LATE
    touch();
#endif
    if
    :: heir != NONE -> lot_ready(g, heir)
    :: else
    fi
  fi;
  atomic { x = 0; opened = false; handed_over = false; heir = 0; bits = 0 }
}

proctype G(byte g) {
  byte x, heir, bits, round;
  bool spun, awake, locked, again, starves, marked, opened, handed_over, last;
  do
  :: round < ROUNDS ->
    lock_mutex(g);
    atomic { turns++; last = (turns == GS * ROUNDS) }
    load(g, DATA, RLX, x);
    assert(x + 1 == turns);
    store(g, DATA, x + 1, RLX);
    unlock_mutex(g);
    atomic {
      round++;
      if
      :: last -> there = false
      :: else
      fi
    }
  :: else -> break
  od;
  atomic { round = 0; last = false }
}

init {
  byte g;
  atomic {
    do
    :: g < GS -> run G(g); run hardware(g); g++
    :: else -> break
    od
  }
  atomic {
    timeout ->
    assert(turns == GS * ROUNDS) /* nobody waits */
  }
}
