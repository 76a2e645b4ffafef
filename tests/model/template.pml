/* SPDX-License-Identifier: MIT
 *
 * The template thread (runtime/newm.cc): Ms that are locked hand their births to it, and it sleeps when there are none. Every
 * birth that is handed over is tried once or refused once; there is one template thread at most; nobody wakes it twice.
 *
 *   process or inline here   code
 *   start_template           startTemplateThread, by lock_thread()
 *   hand_over                newm of a locked M: hand_to_template_thread
 *   wake_template            wake_template_thread, by whoever stops running while births are refused
 *   template                 templateThread; its sleep is notesleep_or_retry
 *
 * Each locker locks its thread, hands over a birth, unlocks it, and begins again. Any birth may be refused, the template
 * thread's too. From its clone on an M is its own thread's: who looks at it then may find another M. note.pml is about the
 * note: here it is a word that one sleeps on until it is 1. When refused births are tried again is not here.
 */
#ifndef LOCKERS
#define LOCKERS 2
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif

#define NPROC (LOCKERS + 1)
#define TEMPLATE LOCKERS
#define LOCK 0 /* newm_handoff.lock */
#define WAKE 1 /* its note */
#define NLOC 2
#include "memory.pml"

#define NONE 15
mtype = { none, started, refused };

/* Under LOCK. */
mtype state = none;
bool waiting;
byte newm = NONE;

#define MS (LOCKERS * ROUNDS)
byte handoff_link[MS];
byte dealt_with[MS]; /* how often */
bool is_born[MS];
bool runs; /* the template thread */

inline newm1(m) {
  atomic { dealt_with[m]++; assert(dealt_with[m] == 1); is_born[m] = true } /* or refused, and freed */
}
inline refuse_m(m) {
  atomic { dealt_with[m]++; assert(dealt_with[m] == 1); is_born[m] = true }
}

inline note_wakeup(p) {
  exchange(p, WAKE, 1, REL, x);
  assert(x == 0) /* notewakeup - double wakeup */
}

/* Of `m`, which is the first of a list: the next. */
inline next_of(m, to) {
  atomic { assert(!is_born[m]); to = handoff_link[m] }
}

inline start_template(p) {
  lock(p, LOCK);
  was_started = (state == started);
#ifndef BUG_STARTED_LATE
  state = started;
#endif
  unlock(p, LOCK);
  if
  :: was_started
  :: !was_started -> atomic { assert(!runs); runs = true }
#ifdef BUG_STARTED_LATE
    lock(p, LOCK);
    state = started;
    unlock(p, LOCK)
#endif
  :: !was_started -> /* its birth is refused */
    lock(p, LOCK);
    state = refused;
#ifdef BUG_RELIED_ON_IN_VAIN
    m = NONE;
#else
    m = newm;
    newm = NONE;
#endif
    unlock(p, LOCK);
    do
    :: m == NONE -> break
    :: else -> next_of(m, next); refuse_m(m); m = next
    od;
    next = 0
  fi;
  was_started = false
}

inline hand_over(p) {
  lock(p, LOCK);
  assert(state != none); /* on a locked thread with no template thread */
  if
#ifndef BUG_REFUSAL_FORGOTTEN
  :: state == refused -> unlock(p, LOCK); refuse_m(m)
#endif
  :: else ->
    handoff_link[m] = newm;
    newm = m;
    if
    :: waiting ->
#ifndef BUG_STILL_WAITING
      waiting = false;
#endif
      note_wakeup(p)
    :: else
    fi;
    unlock(p, LOCK)
  fi
}

inline wake_template(p) {
  lock(p, LOCK);
  if
  :: waiting -> waiting = false; note_wakeup(p)
  :: else
  fi;
  unlock(p, LOCK)
}

proctype locker(byte p) {
  byte round, m, next, x;
  bool was_started;
  do
  :: round < ROUNDS ->
    start_template(p);
    m = p * ROUNDS + round;
    hand_over(p);
    if
    :: wake_template(p)
    :: true
    fi;
    atomic { round++; m = 0; x = 0 }
  :: else -> break
  od;
  round = 0
}

proctype template() {
  byte m, next;
  runs;
end:
  do
  :: lock(TEMPLATE, LOCK);
    m = newm;
    newm = NONE;
    if
    :: m == NONE ->
#ifdef BUG_CLEARED_LATE
      waiting = true;
      unlock(TEMPLATE, LOCK);
      store(TEMPLATE, WAKE, 0, RLX);
#else
#ifdef BUG_LOOKS_BEFORE
      unlock(TEMPLATE, LOCK);
      lock(TEMPLATE, LOCK);
#endif
      waiting = true;
      store(TEMPLATE, WAKE, 0, RLX);
      unlock(TEMPLATE, LOCK);
#endif
      atomic { mem[WAKE] == 1 && !BUFFERED(TEMPLATE, WAKE) -> forget(TEMPLATE) }
    :: else ->
      unlock(TEMPLATE, LOCK);
      do
      :: m == NONE -> break
      :: else ->
#ifdef BUG_NEXT_READ_LATE
        newm1(m);
        next_of(m, next);
#else
        next_of(m, next);
        newm1(m);
#endif
        m = next
      od
    fi;
    atomic { m = 0; next = 0 }
  od
}

init {
  byte i;
  atomic {
    i = 0;
    do
    :: i < LOCKERS -> run locker(i); run hardware(i); i++
    :: else -> break
    od;
    run template(); run hardware(TEMPLATE)
  }
  atomic {
    timeout ->
    i = 0;
    do
    :: i < MS -> assert(dealt_with[i] == 1); i++
    :: else -> break
    od
  }
}
