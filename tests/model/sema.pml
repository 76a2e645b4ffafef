/* SPDX-License-Identifier: MIT
 *
 * A Semaphore (runtime/semaphore.cc) in the parking lot (sema.h): each permit goes to one G, none waits while there is a permit
 * (so none is overtaken), and nobody touches the semaphore when all that it was for has been done.
 *
 *   process here   code
 *   acquirer       Semaphore::acquire, try_acquire_until; semaphore_acquire, Lot::park
 *   releaser       Semaphore::release, semaphore_release; Woken
 *   timer          give_up (sync_until.cc), of the last acquirer's first wait
 *
 * The first acquirer takes two permits, the other one, at the second try if the first has timed out. Whoever gets the last of
 * the permits that will ever be released destroys the semaphore, while releasers may still be in release().
 */
#define GS 2
#define RELEASERS 2
#define TOTAL 3 /* permits: one, and two */
#define TIMER (GS + RELEASERS)
#define NPROC (TIMER + 1)

#define STATE 0
#define BUCKET 1
#define RUN(g) (2 + (g))
#define DONE(p) (2 + (p)) /* what a releaser has done before */
#define NLOC (2 + GS + RELEASERS)
#include "memory.pml"
#include "lot.pml"

#ifdef BUG_RELEASE_RELAXED
#define ORDER_RELEASE RLX
#else
#define ORDER_RELEASE REL
#endif
#define WAITING 1
#define ONE 2

byte got, out;
byte has_released; /* a bit for each releaser */
bool timer_set, timer_runs, timer_off;

/* One moment: a loop of CAS. ok: a permit was there, and is taken; else, if `mark`, the word says that somebody waits. */
inline take_permit(g, mark) {
  atomic {
    touch();
    if
    :: mem[STATE] >= ONE -> ok = true; mem[STATE] = mem[STATE] - ONE; has_permit()
    :: mem[STATE] < ONE && (mark) -> ok = false; mem[STATE] = mem[STATE] | WAITING
    :: mem[STATE] < ONE && !(mark) -> ok = false
    fi
  }
}
inline has_permit() {
  got++;
  assert(got <= TOTAL);
  assert(!(has_released & BIT(GS)) || mem[DONE(GS)] != 0);
  assert(!(has_released & BIT(GS + 1)) || mem[DONE(GS + 1)] != 0)
}

/* ok: false if it has timed out. */
inline acquire(g, limited) {
  take_permit(g, false);
  if
  :: ok
  :: else ->
#ifdef BUG_MARKS_UNLOCKED
    take_permit(g, true);
    lock(g, BUCKET);
#else
    lock(g, BUCKET);
    take_permit(g, true);
#endif
    if
    :: ok -> unlock(g, BUCKET)
    :: else ->
      atomic { push_back(g); assert(mem[STATE] == WAITING); timer_set = (timer_set || limited) }
      lot_park(g);
      ok = told[g];
      atomic {
        told[g] = false;
        if
        :: ok -> has_permit()
        :: else
        fi
      }
      if
      :: limited && ok -> atomic { !timer_runs -> timer_off = true } /* timed.stop() */
      :: else
      fi
    fi
  fi
}

proctype acquirer(byte g) {
  bool ok;
  if
  :: g == 0 -> acquire(g, false)
  :: else ->
    acquire(g, true);
    if
    :: ok -> goto over
    :: else
    fi
  fi;
  acquire(g, false);
over:
  atomic {
    ok = false;
    out++;
    if
    :: out == GS -> assert(got == TOTAL); there = false
    :: else
    fi
  }
}

inline ready_all() {
  if
  :: i > 0 -> lot_ready(p, woken[0])
  :: else
  fi;
  if
  :: i > 1 -> lot_ready(p, woken[1])
  :: else
  fi
}

proctype releaser(byte p; byte n) {
  byte x, i, woken[2];
  bool ok, still_waiting;
  store(p, DONE(p), 1, RLX);
  atomic {
    CAN_RMW(p, STATE, ORDER_RELEASE) ->
    touch();
    has_released = has_released | BIT(p);
    if
    :: mem[STATE] & WAITING
    :: else -> mem[STATE] = mem[STATE] + n * ONE; ok = true
    fi
  }
  if
  :: ok
  :: else ->
    lock(p, BUCKET);
    atomic {
      do
      :: i < n ->
        take_first(woken[i]);
        if
        :: woken[i] == NONE -> break
        :: else -> told[woken[i]] = true; i++
        fi
      :: else -> break
      od;
#ifndef BUG_MARK_DROPPED
      still_waiting = !LOT_EMPTY
#endif
    }
#ifdef BUG_READIES_FIRST
    ready_all();
#endif
#ifdef BUG_ADDS_UNLOCKED
    unlock(p, BUCKET);
#endif
    atomic {
      CAN_RMW(p, STATE, ORDER_RELEASE) ->
      touch();
      mem[STATE] = (mem[STATE] & ~WAITING) + still_waiting + (n - i) * ONE
    }
#ifndef BUG_ADDS_UNLOCKED
    unlock(p, BUCKET);
#endif
#ifndef BUG_READIES_FIRST
    ready_all();
#endif
    skip
  fi;
  atomic { ok = false; still_waiting = false; i = 0; x = 0; woken[0] = 0; woken[1] = 0 }
}

proctype timer() {
  byte x, w;
end:
  atomic { timer_set && !timer_off -> timer_runs = true; w = GS - 1 }
  lock(TIMER, BUCKET);
#ifndef BUG_GIVES_UP_BLINDLY
  remove_from_lot(w);
#endif
  unlock(TIMER, BUCKET);
  if
  :: w == NONE
  :: else -> lot_ready(TIMER, w)
  fi;
  timer_runs = false
}

init {
  byte i;
  atomic {
    if
    :: mem[STATE] = 0
    :: mem[STATE] = WAITING /* of one that has timed out */
    fi;
    run acquirer(0); run acquirer(1); run releaser(GS, 1); run releaser(GS + 1, 2); run timer();
    do
    :: i < NPROC -> run hardware(i); i++
    :: else -> break
    od
  }
  atomic {
    timeout ->
    assert(out == GS) /* nobody waits */
  }
}
