/* SPDX-License-Identifier: MIT
 *
 * select (runtime/select.cc) on two channels without a ring (runtime/chan.h): of all that come to a select that waits one
 * claims it; each value is received once, and its sender told; nobody waits for somebody who waits for him; and nobody
 * touches a waiter, or the Select, when its G has gone on.
 *
 *   process or inline here   code
 *   pop, claim               WaitQueue::pop, SelectWait::claim
 *   try_case, ready          Channel::try_send, try_recv; ready, after the lock
 *   plain                    chan_send, chan_recv: wait_in, unlock_channel
 *   selecting                Select::run_one, wait; the M that it ran on: unlock_channels
 *   resumed                  the second half of wait(), on whatever M; timed.stop()
 *   timer                    give_up
 *
 * Every G has any cases, once; with TIMEOUT the first select has a deadline too. Two selects and two plain Gs hold as well, but
 * take more memory than a test should. Step 1 of a select is not here: it is what a plain G does. RUN is the run queue, which
 * shows a G what was done before it was readied (runq.pml). Loads are not done early: all are behind a lock, or RUN.
 */
#ifndef SELECTS
#define SELECTS 2
#endif
#ifndef PLAINS
#define PLAINS 1
#endif

#define GS (SELECTS + PLAINS)
#define RESUMED(g) (GS + (g))
#ifdef TIMEOUT
#define TIMER (GS + SELECTS) /* of the first select */
#define NPROC (TIMER + 1)
#else
#define NPROC (GS + SELECTS)
#endif

#define LOCK(c) (c)
#define RUN(g) (2 + 2 * (g))
#define OUT(g) (3 + 2 * (g)) /* 1 + the value that it has got */
#define FIRED(g) (2 + 2 * GS + 2 * (g))   /* SelectWait::fired: 1 + the waiter */
#define CLAIMED(g) (3 + 2 * GS + 2 * (g)) /* SelectWait::claimed */
#define NLOC (2 + 2 * GS + 2 * SELECTS)
#include "memory.pml"

#ifdef BUG_READY_RELAXED
#define ORDER_READY RLX
#else
#define ORDER_READY REL
#endif
#define NONE 31
#define BY_TIMER 30

/* A waiter's number: its G's, twice, and its case's. A sender's value is its number. */
#define WAITER(g, i) (2 * (g) + (i))
#define G_OF(w) ((w) / 2)
#define IS_SELECT(g) ((g) < SELECTS)

byte channel[2 * GS];
bool receives[2 * GS];
#define CASE(w) (2 * channel[w] + receives[w])

/* Each under its channel's lock: receivers, senders. */
typedef Queue { byte n; byte at[GS + SELECTS] };
Queue queue[4];
#define QUEUE(c, recv) (2 * (c) + (recv))

bool there[GS]; /* the G is in its call, so its stack is what it was */
#define touch(g) assert(there[g])
short sent, received; /* values, a bit each */
short done;           /* Gs */
#ifdef TIMEOUT
bool timer_set, timer_runs, timer_off;
#endif

inline push(q, w) {
  d_step { queue[q].at[queue[q].n] = w; queue[q].n++ }
}
inline remove(q, w) {
  d_step {
    i = 0;
    do
    :: i < queue[q].n && queue[q].at[i] != w -> i++
    :: else -> break
    od;
    if
    :: i < queue[q].n ->
      queue[q].n--;
      do
      :: i < queue[q].n -> queue[q].at[i] = queue[q].at[i + 1]; i++
      :: else -> break
      od;
      queue[q].at[queue[q].n] = 0
    :: else
    fi;
    i = 0
  }
}

/* ok: the select of G `whom` is the caller's to serve. */
inline claim(me, whom, by) {
#ifdef BUG_CLAIM_SPLIT
  load(me, CLAIMED(whom), RLX, x);
  ok = (x == 0);
  store(me, CLAIMED(whom), 1, RLX);
  x = 0;
#else
  atomic { touch(whom); exchange(me, CLAIMED(whom), 1, RLX, x); ok = (x == 0); x = 0 }
#endif
  if
  :: atomic { ok -> touch(whom); store(me, FIRED(whom), (by) + 1, RLX) }
  :: else
  fi
}

/* w: the first that is still to be served, or NONE. */
inline pop(p, q) {
  do
  :: queue[q].n == 0 -> w = NONE; break
  :: else ->
    atomic { w = queue[q].at[0]; touch(G_OF(w)); remove(q, w) }
    if
    :: !IS_SELECT(G_OF(w)) -> break
    :: IS_SELECT(G_OF(w)) ->
#ifdef BUG_UNCLAIMED
      store(p, FIRED(G_OF(w)), w + 1, RLX);
      break
#else
      claim(p, G_OF(w), w);
      if
      :: ok -> ok = false; break
#ifdef BUG_POP_GIVES_UP
      :: else -> w = NONE; break
#else
      :: else
#endif
      fi
#endif
    fi
  od
}

/* Under the lock. w: the waiter that has been served, or NONE. */
inline try_case(p, mine) {
  pop(p, QUEUE(channel[mine], !receives[mine]));
  if
  :: w == NONE
  :: else ->
    assert(G_OF(w) != G_OF(mine));
#ifdef BUG_READY_FIRST
    ready(p, G_OF(w));
#endif
    if
    :: atomic { receives[mine] -> touch(G_OF(w)); has_received(w) }
    :: atomic { !receives[mine] -> touch(G_OF(w)); store(p, OUT(G_OF(w)), mine + 1, RLX); has_sent(mine) }
    fi
  fi
}
inline has_received(v) {
  atomic { assert(!(received & BIT(v))); received = received | BIT(v) }
}
inline has_sent(v) {
  atomic { assert(!(sent & BIT(v))); sent = sent | BIT(v) }
}

inline ready(me, whom) {
  atomic { exchange(me, RUN(whom), 1, ORDER_READY, x); assert(x == 0); x = 0 } /* bad g->status in ready */
}

/* After the lock. */
inline finish(me, self) {
#ifndef BUG_READY_FIRST
  ready(me, G_OF(w));
#endif
  leave(self)
}
inline leave(self) {
  d_step { there[self] = false; done = done | BIT(self); w = 0 }
}

/* The waiter that was served is `mine`. */
inline was_served(p, mine) {
  if
  :: receives[mine] ->
    load(p, OUT(G_OF(mine)), RLX, x);
    assert(x != 0);
    has_received(x - 1);
    x = 0
  :: else -> has_sent(mine)
  fi
}

proctype plain(byte g) {
  byte w, i, x;
  bool ok;
  lock(g, LOCK(channel[WAITER(g, 0)]));
  try_case(g, WAITER(g, 0));
  if
  :: w != NONE -> unlock(g, LOCK(channel[WAITER(g, 0)])); finish(g, g)
  :: else ->
    atomic { push(QUEUE(channel[WAITER(g, 0)], receives[WAITER(g, 0)]), WAITER(g, 0)); w = 0 }
    unlock(g, LOCK(channel[WAITER(g, 0)]));
    atomic { mem[RUN(g)] != 0 -> was_served(g, WAITER(g, 0)); leave(g) }
  fi
}

/* ---- select; its case 0 is that of the lower channel ---- */

#define TWO_LOCKS(g) (channel[WAITER(g, 0)] != channel[WAITER(g, 1)])

inline lock_all(me, self) {
  lock(me, LOCK(channel[WAITER(self, 0)]));
  if
  :: TWO_LOCKS(self) -> lock(me, LOCK(channel[WAITER(self, 1)]))
  :: else
  fi
}
inline unlock_all(me, self) {
  if
  :: TWO_LOCKS(self) -> atomic { touch(self); unlock(me, LOCK(channel[WAITER(self, 1)])) }
  :: else
  fi;
  atomic { touch(self); unlock(me, LOCK(channel[WAITER(self, 0)])) }
#ifdef BUG_UNLOCKS_FORWARD
  ;
  touch(self) /* is there another? */
#endif
}

proctype selecting(byte g) {
  byte turn, c, w, i, x;
  bool ok;
  if
  :: c = 0
  :: c = 1
  fi;
#ifdef BUG_LOOKS_ALONE
  do
  :: turn < 2 ->
    lock(g, LOCK(channel[WAITER(g, c)]));
    try_case(g, WAITER(g, c));
    unlock(g, LOCK(channel[WAITER(g, c)]));
    if
    :: w != NONE -> finish(g, g); goto over
    :: else -> turn++; c = 1 - c
    fi
  :: else -> break
  od;
  lock_all(g, g);
#else
  lock_all(g, g);
  do
  :: turn < 2 ->
    try_case(g, WAITER(g, c));
    if
    :: w != NONE -> unlock_all(g, g); finish(g, g); goto over
    :: else -> turn++; c = 1 - c
    fi
  :: else -> break
  od;
#endif
  atomic {
    push(QUEUE(channel[WAITER(g, c)], receives[WAITER(g, c)]), WAITER(g, c));
    push(QUEUE(channel[WAITER(g, 1 - c)], receives[WAITER(g, 1 - c)]), WAITER(g, 1 - c));
#ifdef TIMEOUT
    timer_set = (timer_set || g == 0);
#endif
    turn = 0; c = 0; w = 0
  }
  unlock_all(g, g);
over:
  atomic { turn = 0; c = 0; w = 0 }
}

proctype resumed(byte g) {
  byte w, i, x;
  mem[RUN(g)] != 0;
#if defined(TIMEOUT) && !defined(BUG_TIMER_LEFT)
  if
  :: g == 0 -> atomic { !timer_runs -> timer_off = true }
  :: else
  fi;
#endif
#ifndef BUG_LEFT_IN_QUEUES
#ifndef BUG_DEQUEUES_UNLOCKED
  lock_all(RESUMED(g), g);
#endif
  atomic {
    remove(QUEUE(channel[WAITER(g, 0)], receives[WAITER(g, 0)]), WAITER(g, 0));
    remove(QUEUE(channel[WAITER(g, 1)], receives[WAITER(g, 1)]), WAITER(g, 1))
  }
#ifndef BUG_DEQUEUES_UNLOCKED
  unlock_all(RESUMED(g), g);
#endif
#endif
  atomic {
    load(RESUMED(g), FIRED(g), RLX, w);
    assert(w != 0);
    w--;
    if
    :: w == BY_TIMER
    :: else -> assert(G_OF(w) == g); was_served(RESUMED(g), w)
    fi;
    leave(g)
  }
}

#ifdef TIMEOUT
proctype timer() {
  byte x;
  bool ok;
end:
  atomic { timer_set && !timer_off -> timer_runs = true }
  claim(TIMER, 0, BY_TIMER);
  if
  :: ok -> ready(TIMER, 0)
  :: else
  fi;
  timer_runs = false
}
#endif

init {
  byte g, w;
  atomic {
    g = 0;
    do
    :: g < GS ->
      there[g] = true;
      w = WAITER(g, 0);
      do
      :: w < WAITER(g, IS_SELECT(g)) + 1 ->
        if
        :: channel[w] = 0
        :: channel[w] = 1
        fi;
        if
        :: receives[w] = true
        :: receives[w] = false
        fi;
        if /* the cases of a select are alike; so are plain Gs */
        :: IS_SELECT(g) && w == WAITER(g, 1) -> CASE(w - 1) <= CASE(w)
        :: g > SELECTS -> CASE(w - 2) <= CASE(w)
        :: else
        fi;
        w++
      :: else -> break
      od;
      run hardware(g);
      if
      :: IS_SELECT(g) -> run hardware(RESUMED(g)); run selecting(g); run resumed(g)
      :: else -> run plain(g)
      fi;
      g++
    :: else -> break
    od;
#ifdef TIMEOUT
    run hardware(TIMER); run timer();
#endif
    w = 0
  }
  atomic {
    timeout ->
    assert(sent == received);
    /* The others wait, in all their queues; and no two of them for each other. */
    w = 0;
    do
    :: w < 2 * GS ->
      if
      :: !(done & BIT(G_OF(w))) && (IS_SELECT(G_OF(w)) || w == WAITER(G_OF(w), 0)) ->
        g = 0;
        do
        :: g < 2 * GS ->
          assert(done & BIT(G_OF(g)) || G_OF(g) == G_OF(w) || g == WAITER(G_OF(g), 1) && !IS_SELECT(G_OF(g)) ||
                 channel[g] != channel[w] || receives[g] == receives[w]);
          g++
        :: else -> break
        od
      :: else
      fi;
      w++
    :: else -> break
    od;
    /* Nobody who has gone on is left in a queue. */
    w = 0;
    do
    :: w < 4 ->
      g = 0;
      do
      :: g < queue[w].n -> assert(there[G_OF(queue[w].at[g])]); g++
      :: else -> break
      od;
      w++
    :: else -> break
    od
  }
}
