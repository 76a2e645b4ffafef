/* SPDX-License-Identifier: MIT
 *
 * One timer of runtime/timer.cc, which several Ms start, stop and run: its function is called at most once for each start, not
 * before its time, not at all if stop() has said true, and not late; when stop() returns it does not run. Nobody touches a
 * timer that is gone.
 *
 *   process or inline here       code
 *   lock_home, lock_for_start    TimerQueue: the same names
 *   start, stop                  Timer::start, stop; moved: TimerHeap
 *   runner                       run_timers, TimerQueue::run: of its own P, or a thief's; pop_due: TimerHeap
 *   user                         Gs that have a handle to it; its function may start it again
 *   sleeper, woken               park_until: the timer is on the stack of a G, which leaves it when the function has readied
 *                                it, or when somebody else has, and stop() has returned
 *
 * A queue holds this timer, or nothing. Who sleeps until the first timer is due is not here: the runners see all that is
 * published, at once. Loads are not done early: all that would be of use is behind a lock, whose address comes from HOME.
 */
#ifndef OPS
#define OPS 3 /* of all users */
#endif
#define USERS 2
#ifndef RUNNERS
#define RUNNERS 2
#endif
#define NPROC (USERS + RUNNERS)
#define LAST 2 /* moments */

#define LOCK(q) (q)
#define HOME 2        /* 1 + the queue */
#define MADE(q) (3 + (q)) /* what is in a new queue */
#define NEXT(q) (5 + (q)) /* next_timer of its P */
#define NLOC 7
#include "memory.pml"

#ifdef BUG_HOME_RELAXED
#define ORDER_HOME RLX
#else
#define ORDER_HOME REL
#endif

byte now = 1;
bool parks; /* a sleeper's, not the users' */

/* Under the lock of HOME's queue. */
byte when;
bool pending;

/* Under the queue's lock. */
bool holds[2];
byte key[2]; /* 0: it holds none */
byte running[2]; /* runners, a bit each */

bool there = true; /* the memory that the timer is in */
#define touch() assert(there)
byte owed;  /* starts whose function has not been called */
byte calls; /* of the function, that have begun with pop_due and have not returned */
bool has_started, claimed;
byte ops, restarts;
bool made[2]; /* P::timers is set; its own affair */

inline lock_queue(me, which) {
  lock(me, LOCK(which));
  load(me, MADE(which), RLX, x);
  assert(x != 0);
  x = 0
}

/* q: the queue, locked, or NONE. */
#define NONE 2
inline lock_home(me) {
  do
  :: atomic { touch(); load(me, HOME, ACQ, q) }
    if
    :: q == 0 -> q = NONE; break
    :: else ->
      q--;
      atomic { lock_queue(me, q); touch(); load(me, HOME, RLX, x) }
#ifdef BUG_HOME_BELIEVED
      break
#else
      if
      :: atomic { x == q + 1 -> x = 0; break }
      :: else -> atomic { unlock(me, LOCK(q)); x = 0 }
      fi
#endif
    fi
  od
}

inline lock_for_start(me, mine) {
  if
  :: atomic { !made[mine] -> made[mine] = true; store(me, MADE(mine), 1, RLX) } /* queue_of */
  :: else
  fi;
  atomic { touch(); cas(me, HOME, 0, mine + 1, ORDER_HOME, ok); ok = false }
  lock_home(me);
  if
#ifdef BUG_PENDING_MOVES
  :: q == mine || running[q] != 0
#elif defined(BUG_RUNNING_MOVES)
  :: q == mine || pending
#else
  :: q == mine || pending || running[q] != 0
#endif
  :: else ->
    atomic { touch(); store(me, HOME, mine + 1, ORDER_HOME) }
    unlock(me, LOCK(q));
    lock_home(me)
  fi
}

inline publish(me) {
  exchange(me, NEXT(q), key[q], REL, x)
}

inline start(me, mine) {
  atomic {
    if
    :: due = now
    :: due = LAST
    fi
  }
  lock_for_start(me, mine);
  atomic {
    touch();
    when = due;
    if
    :: pending ->
      assert(holds[q]);
#ifndef BUG_EARLIER_IS_LAZY
      if
      :: due < key[q] -> key[q] = due
      :: else
      fi
#endif
    :: else -> assert(!holds[q]); holds[q] = true; key[q] = due; pending = true; owed++
    fi
  }
#ifdef BUG_PUBLISHES_UNLOCKED
  due = key[q];
  unlock(me, LOCK(q));
  exchange(me, NEXT(q), due, REL, x);
#else
  publish(me);
  unlock(me, LOCK(q));
#endif
#ifdef BUG_START_LOOKS_AGAIN
  touch();
#endif
  atomic { q = 0; x = 0; due = 0; ok = false }
}

inline stop(me) {
  lock_home(me);
#ifndef BUG_STOP_DOES_NOT_WAIT
  do
  :: q != NONE && running[q] != 0 ->
    unlock(me, LOCK(q));
    running[q] == 0; /* spinning */
    lock_home(me)
  :: else -> break
  od;
#endif
  if
  :: q == NONE
  :: else ->
    atomic {
      touch();
      assert(calls == 0);
      if
      :: pending -> assert(holds[q]); holds[q] = false; key[q] = 0; pending = false; when = 0; assert(owed == 1); owed--
      :: else
      fi
    }
    publish(me);
    unlock(me, LOCK(q))
  fi;
  atomic { q = 0; x = 0 }
}

proctype user(byte u) {
  byte q, x, due;
  bool ok;
  do
  :: atomic { ops < OPS -> ops++ }
    if
    :: start(u, u)
    :: stop(u)
    fi
  :: ops == OPS -> break
  od
}

/* user 0's process is the M that it parks on; user 1's the one that it goes on with when it has been woken. */
proctype sleeper() {
  byte q, x, due;
  bool ok;
  start(0, 0);
  has_started = true
}
proctype woken() {
  byte q, x;
end:
  atomic { has_started && !claimed -> claimed = true }
  stop(1);
  there = false
}

/* The function of a timer, by runner r: its last touch may be its first. */
inline function(me) {
  atomic { touch(); assert(owed > 0); owed-- }
  if
  :: parks ->
    atomic {
      touch();
      if
      :: claimed
      :: !claimed -> claimed = true; there = false; calls-- /* it readies the G */
      fi
    }
  :: atomic { !parks && restarts == 0 && mem[MADE(1 - home)] != 0 -> restarts++ }
    start(me, 1 - home)
  :: !parks
  fi
}

proctype runner(byte r) {
  byte q, x, due, home;
  bool ok;
end:
  do
  :: atomic {
      if
      :: mem[NEXT(0)] != 0 && mem[NEXT(0)] <= now -> home = 0
      :: mem[NEXT(1)] != 0 && mem[NEXT(1)] <= now -> home = 1
      fi
    }
    atomic { lock_queue(r, home) }
    do
    :: atomic { holds[home] && key[home] <= now ->
        touch();
#ifdef BUG_KEY_IS_TIME
        x = true;
#else
        x = (when == key[home]);
#endif
        if
        :: x ->
          assert(when <= now && pending);
          holds[home] = false; key[home] = 0; pending = false; when = 0;
#ifndef BUG_RUNS_UNSEEN
          running[home] = running[home] | BIT(r);
#endif
          calls++
        :: else -> key[home] = when
        fi
      }
      if
      :: x ->
        q = home;
        publish(r);
        atomic { unlock(r, LOCK(home)); x = 0 }
        function(r);
        atomic { lock_queue(r, home) }
#ifdef BUG_TOUCHED_AFTER_CALL
        touch();
#endif
        atomic {
          running[home] = running[home] & ~BIT(r);
          if
          :: there -> calls--
          :: else
          fi
        }
      :: else
      fi
    :: !(holds[home] && key[home] <= now) -> break
    od;
    q = home;
    publish(r);
    unlock(r, LOCK(home));
    atomic { q = 0; x = 0; home = 0 }
  od
}

proctype clock() {
  do
  :: now < LAST -> now++
  :: break
  od
}

init {
  byte i;
  atomic {
    if
    :: parks = true
    :: parks = false
    fi;
    do
    :: i < NPROC -> run hardware(i); i++
    :: else -> break
    od;
    run runner(USERS);
#if RUNNERS > 1
    run runner(USERS + 1);
#endif
    if /* it has had timers before, or not */
    :: made[1] = true; mem[MADE(1)] = 1
    :: true
    fi;
    if
    :: parks -> run sleeper(); run woken()
    :: else -> run user(0); run user(1)
    fi;
    run clock();
    i = 0
  }
  atomic {
    timeout ->
    assert(calls == 0);
    assert(owed == pending);
    assert(!pending || when > now) /* nothing is late */
  }
}
