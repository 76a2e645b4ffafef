/* SPDX-License-Identifier: MIT
 *
 * The protocol at the head of runtime/sched.cc (I3): no G is left runnable with a P idle and an M asleep.
 *
 *   inline here                                                     code
 *   submit, runqput                                                 newproc; runqput, runq.h                  [wake:A]
 *   wakep, wake_slow                                                sched.h, sched.cc                         [wake:B]
 *   startm, birth_refused                                           machines.cc, newm.cc
 *   find_runnable, give_up_p, drop_spinning, recheck, resetspinning sched.cc                                  [wake:C] [wake:D]
 *   stopm                                                           machines.cc
 *
 * Every M is a process that goes round schedule() and runs Gs that may submit others and may end, or run for ever. Births are
 * refused, which is the harder case; an M that sleeps from the start stands for one that could be born. A queue holds no
 * names, only how many: runq.pml is about which. Whoever steals may miss what is there, as who reads old values does.
 *
 * M 0 runs a G on P 0. M 1 spins with P 1. SPARE Ms sleep on the idle list; IDLE_PS more Ps are idle. Two submissions are the
 * fewest that show a spinner that is counted and does not search: BUG_TRUSTS_SPINNERS, BUG_COUNT_LEFT_LATE.
 *
 * needspinning is needed where a birth is refused: stopm then keeps an M that has given up its P and is not on the idle list
 * yet. In wakep and recheck, when they find no P, two Ms do not need it, with two submissions or three: whoever gives up that
 * P looks at the queues itself if no spinner is counted, and wakep leaves its count under the lock. In Go an M that does not
 * spin never looks, so there it is needed.
 */
#ifndef SPARE
#define SPARE 1
#endif
#ifndef IDLE_PS
#define IDLE_PS 0
#endif
#ifndef GS /* to be submitted */
#if defined(BUG_TRUSTS_SPINNERS) || defined(BUG_COUNT_LEFT_LATE)
#define GS 2
#else
#define GS 1
#endif
#endif

#define PS (2 + IDLE_PS)
#define NPROC (2 + SPARE)
#define IDLE 0   /* bits 0..1 idle Ps, 2..4 spinning, 5 needspinning (runtime/idle.h) */
#define SIZE 1   /* of the global queue */
#define LOCK 2   /* sched.lock */
#define NEXT(p) (3 + 3 * (p))
#define HEAD(p) (4 + 3 * (p))
#define TAIL(p) (5 + 3 * (p))
#define NLOC (3 + 3 * PS)
#if defined(EARLY_LOADS) || defined(BUG_C) || defined(BUG_D)
#define LOOKS_BACK(m) (!(settled & BIT(m)))
#define EARLY ((BIT(NLOC) - 1) & ~BIT(LOCK))
#endif
byte settled; /* Ms that sleep, or run a G for ever */
#include "memory.pml"

#define IDLE_COUNT(w) ((w) & 3)
#define SPINNING(w) (((w) >> 2) & 7)
#define NONE 15 /* no P */
#define NEED 32
#define ONE_SPINNING 4
#define WANTS_WAKE(w) (IDLE_COUNT(w) != 0 && SPINNING(w) == 0)

#ifdef BUG_A
#define ORDER_A RLX
#else
#define ORDER_A SC
#endif
#ifdef BUG_B
#define ORDER_B RLX
#else
#define ORDER_B SC
#endif
#ifdef BUG_C
#define ORDER_C RLX
#else
#define ORDER_C SC
#endif
#ifdef BUG_D
#define ORDER_D RLX
#else
#define ORDER_D SC
#endif

/* Under LOCK. */
byte pidle; /* a bit each */
byte midle;
/* Handed over by who wakes an M (note.pml). */
byte nextp[NPROC]; /* 1 + the P */
bool told_to_spin[NPROC];

byte to_submit = GS;

/* ---- the queue of one P: its own end, and a thief's ---- */

inline put_next() {
  exchange(m, NEXT(p), 1, ORDER_A, w);
  if
  :: w == 0
  :: else -> put_tail(ORDER_A)
  fi
}
inline put_tail(order) {
  load(m, TAIL(p), RLX, w);
  store(m, TAIL(p), w + 1, order)
}

inline get() {
  atomic {
    CAN_RMW(m, NEXT(p), ACQ_REL) ->
    if
    :: mem[NEXT(p)] != 0 -> write(m, NEXT(p), 0); got = true
    :: else
    fi
  }
  if
  :: got
  :: else ->
    load(m, TAIL(p), RLX, w);
    atomic {
      CAN_RMW(m, HEAD(p), REL) ->
      if
      :: mem[HEAD(p)] != w -> write(m, HEAD(p), mem[HEAD(p)] + 1); got = true
      :: else
      fi
    }
  fi
}

inline steal_work() {
  i = 0;
  do
  :: i < PS ->
    atomic {
      if
      :: i != p && mem[HEAD(i)] != mem[TAIL(i)] -> write(m, HEAD(i), mem[HEAD(i)] + 1); got = true
      :: i != p && mem[NEXT(i)] != 0 -> write(m, NEXT(i), 0); got = true
      :: true
      fi
    }
    if
    :: got -> break
    :: else -> i++
    fi
  :: else -> break
  od
}

/* ---- waking ---- */

/* Under LOCK: all Ps and Ms are alike. */
inline pidleget(to) {
  if
  :: pidle == 0 -> to = NONE
  :: pidle != 0 ->
    atomic {
      to = 0;
      do
      :: !(pidle & BIT(to)) -> to++
      :: else -> break
      od;
      pidle = pidle & ~BIT(to)
    }
    fetch_add(m, IDLE, -1, SC, w)
  fi
}
inline pidleput(which) {
  pidle = pidle | BIT(which);
  fetch_add(m, IDLE, 1, SC, w)
}
inline need_spinning() {
  atomic { CAN_RMW(m, IDLE, SC) -> rmw_saw(m, IDLE, SC); write(m, IDLE, mem[IDLE] | NEED) }
}
inline become_spinning() {
  spinning = true;
  fetch_add(m, IDLE, ONE_SPINNING, SC, w);
  atomic { CAN_RMW(m, IDLE, SC) -> rmw_saw(m, IDLE, SC); write(m, IDLE, mem[IDLE] & ~NEED) }
}

/* An M off the idle list gets P `which`. */
inline wake(which, spins) {
  atomic {
    i = 0;
    do
    :: !(midle & BIT(i)) -> i++
    :: else -> break
    od;
    midle = midle & ~BIT(i);
    nextp[i] = which + 1;
    told_to_spin[i] = spins
  }
}

inline wakep() {
  load(m, IDLE, ORDER_B, w);
  if
  :: WANTS_WAKE(w) -> wake_slow()
  :: else
  fi
}
inline wake_slow() {
  atomic { /* try_first_spinner, a loop of CAS */
    CAN_RMW(m, IDLE, SC) ->
    rmw_saw(m, IDLE, SC);
    if
    :: WANTS_WAKE(mem[IDLE]) -> write(m, IDLE, mem[IDLE] + ONE_SPINNING); first = true
    :: else -> first = false
    fi
  }
  if
  :: !first
  :: else ->
    lock(m, LOCK);
    pidleget(q);
    if
    :: q == NONE ->
      need_spinning();
#ifdef BUG_COUNT_LEFT_LATE
      unlock(m, LOCK);
      fetch_add(m, IDLE, -ONE_SPINNING, SC, w)
#else
      fetch_add(m, IDLE, -ONE_SPINNING, SC, w);
      unlock(m, LOCK)
#endif
    :: else -> unlock(m, LOCK); startm()
    fi
  fi;
  q = 0
}

/* With q and a spinner that is counted. */
inline startm() {
  lock(m, LOCK);
  if
  :: midle != 0 ->
    atomic { wake(q, true) }
  :: else -> /* birth_refused, for a P without Gs */
    load(m, SIZE, SC, w);
    pidleput(q);
    fetch_add(m, IDLE, -ONE_SPINNING, SC, w);
#ifdef BUG_NEED_DROPPED
    skip
#else
    need_spinning()
#endif
  fi;
  unlock(m, LOCK)
}

/* ---- what an M does ---- */

inline submit() {
  if
  :: put_next()
  :: put_tail(ORDER_A)
  :: lock(m, LOCK);
    load(m, SIZE, SC, w);
    store(m, SIZE, w + 1, ORDER_A);
    unlock(m, LOCK)
  fi;
  wakep()
}

/* Under LOCK: one to run, the others to the ring, then the size. */
inline take_global() {
  load(m, SIZE, SC, n);
  if
  :: n == 0
  :: else ->
    i = 1;
    do
    :: i < n -> put_tail(REL); i++
    :: else -> break
    od;
    store(m, SIZE, 0, SC);
    got = true
  fi
}

inline global_first() {
  load(m, SIZE, SC, w);
  if
  :: w != 0 -> lock(m, LOCK); take_global(); unlock(m, LOCK)
  :: else
  fi
}

/* kept: the M goes on with p. */
inline give_up_p() {
  lock(m, LOCK);
  take_global();
  kept = true;
  if
  :: got
  :: else ->
    load(m, IDLE, SC, w);
    if
    :: !spinning && (w & NEED) -> become_spinning()
    :: else -> pidleput(p); kept = false
    fi
  fi;
  unlock(m, LOCK)
}

/* found: in the global queue or in a ring, as RunQueue::empty() says. */
inline recheck() {
  load(m, SIZE, ORDER_D, w);
  found = (w != 0);
  i = 0;
  do
  :: i < PS && !found ->
    do
    :: load(m, HEAD(i), ORDER_D, h);
      load(m, TAIL(i), ORDER_D, t);
      load(m, NEXT(i), ORDER_D, n);
      load(m, TAIL(i), ORDER_D, w);
      if
      :: w == t -> break
      :: else
      fi
    od;
    found = (h != t || n != 0);
    i++
  :: else -> break
  od;
  h = 0; t = 0; n = 0;
  if
  :: found ->
    lock(m, LOCK);
    pidleget(p);
    if
    :: p == NONE -> need_spinning()
    :: else
    fi;
    unlock(m, LOCK);
    found = (p != NONE)
  :: else
  fi
}

inline stopm() {
  lock(m, LOCK);
  load(m, IDLE, SC, w);
  if
  :: (w & NEED) -> pidleget(p)
  :: else -> p = NONE
  fi;
  if
  :: p != NONE -> become_spinning(); unlock(m, LOCK)
  :: else ->
    midle = midle | BIT(m);
    unlock(m, LOCK);
    sleep_on_idle_list()
  fi
}

inline sleep_on_idle_list() {
  atomic { settled = settled | BIT(m); w = 0; forget(m) }
  atomic {
    nextp[m] != 0 ->
    settled = settled & ~BIT(m);
    p = nextp[m] - 1;
    spinning = told_to_spin[m];
    nextp[m] = 0;
    told_to_spin[m] = false
  }
}

/* Until it has a G. */
inline find_runnable() {
  do
  :: get();
    if
    :: got -> break
    :: else
    fi;
    global_first();
    if
    :: got -> break
    :: else
    fi;
    load(m, IDLE, SC, w);
    if
    :: spinning || 2 * SPINNING(w) < PS - IDLE_COUNT(w) ->
      if
      :: spinning
      :: else -> become_spinning()
      fi;
      steal_work()
    :: else
    fi;
    if
    :: got -> break
    :: else
    fi;
go_idle:
    give_up_p();
    if
    :: kept && got -> break
    :: kept && !got
    :: !kept ->
      found = false;
      if
      :: spinning ->
        spinning = false;
        fetch_add(m, IDLE, -ONE_SPINNING, ORDER_C, w); /* [wake:C] */
#ifndef BUG_RECHECK_DROPPED
        looks = true;
#endif
        skip
      :: else ->
#ifndef BUG_TRUSTS_SPINNERS
        load(m, IDLE, SC, w);
        looks = (SPINNING(w) == 0);
#endif
        skip
      fi;
      if
      :: looks -> recheck()
      :: else
      fi;
      looks = false;
      if
      :: found -> become_spinning()
      :: else
      fi;
      if
      :: found
      :: else -> stopm()
      fi
    fi
  od;
  atomic { w = 0; i = 0; n = 0; h = 0; t = 0; kept = false; found = false }
}

proctype M(byte m; byte p; bool spinning) {
  byte w, i, n, h, t, q;
  bool got, first, kept, found, looks;
  if
  :: p == NONE -> sleep_on_idle_list()
  :: p != NONE && !spinning -> got = true; goto running
  :: p != NONE && spinning -> goto go_idle /* it has just found nothing */
  fi;
  do
  :: find_runnable();
    if
    :: spinning -> /* resetspinning */
      spinning = false;
      fetch_add(m, IDLE, -ONE_SPINNING, SC, w);
      wakep()
    :: else
    fi;
running:
    do
    :: atomic { to_submit > 0 -> to_submit-- } submit()
    :: break
    od;
    atomic { w = 0; first = false }
    if
    :: got = false /* the G ends */
    :: break /* it runs for ever */
    fi
  od;
  atomic { settled = settled | BIT(m); forget(m); p = 0; got = false }
}

init {
  byte i;
  bool runnable;
  atomic {
    mem[IDLE] = IDLE_PS + ONE_SPINNING;
    i = 0;
    do
    :: i < IDLE_PS -> pidle = pidle | BIT(2 + i); i++
    :: else -> break
    od;
    run M(0, 0, false);
    run M(1, 1, true);
    i = 2;
    do
    :: i < NPROC -> midle = midle | BIT(i); run M(i, NONE, false); i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < NPROC -> run hardware(i); i++
    :: else -> break
    od
  }
  atomic {
    timeout ->
    assert(settled == BIT(NPROC) - 1);
    runnable = (mem[SIZE] != 0);
    i = 0;
    do
    :: i < PS -> runnable = (runnable || mem[NEXT(i)] != 0 || mem[HEAD(i)] != mem[TAIL(i)]); i++
    :: else -> break
    od;
    assert(SPINNING(mem[IDLE]) == 0);
    assert(!(runnable && pidle != 0 && midle != 0)) /* I3 */
  }
}
