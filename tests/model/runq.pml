/* SPDX-License-Identifier: MIT
 *
 * runtime/runq.h: the owner puts and gets, a thief steals. Nothing is lost, nothing comes twice, and what was written before
 * a G was put is there for who takes it. A slot that is overwritten while somebody reads it shows as one of these.
 *
 *   process here   code                                           tags
 *   owner          put_next, submit_tail, get, take_half          [runq:A] [runq:C] [runq:D] [wake:A]
 *   thief          grab, by steal_from                            [runq:B] [runq:C]
 *
 * A relaxed [runq:D] is not among the mistakes: the owner's store to the slot depends on what it has read of head_, by a
 * branch, so no processor does it earlier. C++ gives no such promise, and tests/system/orders.py holds the acquire.
 *
 * Gs are numbers from 1; PAYLOAD stands for what newproc has written into a G: the last number. The positions start just
 * below the overflow of their type (256 here). A thief keeps all that it gets; that the rest of a batch goes to its own ring is not here.
 */
#ifndef SIZE
#define SIZE 2
#endif
#define HALF (SIZE / 2)
#ifndef OPS
#define OPS 4
#endif
#ifndef STEALS
#define STEALS 2
#endif
#ifndef THIEVES
#define THIEVES 1
#endif

#define HEAD 0
#define TAIL 1
#define NEXT 2
#define PAYLOAD 3
#define SLOT 4
#define NLOC (SLOT + SIZE)
#define NPROC (1 + THIEVES)
#define OWNER 0
#define LOOKS_BACK(p) (!(done & BIT(p)))
#define EARLY (BIT(NLOC) - 1)
byte done;
#include "memory.pml"

#ifdef BUG_A
#define ORDER_A RLX
#define ORDER_SUBMIT RLX
#else
#define ORDER_A REL
#define ORDER_SUBMIT SC
#endif
#ifdef BUG_NEXT
#define ORDER_NEXT RLX
#else
#define ORDER_NEXT SC
#endif
#ifdef BUG_B
#define ORDER_B RLX
#else
#define ORDER_B ACQ
#endif
#ifdef BUG_C
#define ORDER_C RLX
#else
#define ORDER_C REL
#endif
#define ORDER_D ACQ

#define START 254
#define DISTANCE(t, h) (((t) - (h)) & 255)
#define SLOT_OF(i) (SLOT + ((i) & 255) % SIZE)

byte made;     /* Gs 1 .. made have been put */
short taken;   /* a bit each */

inline take(p, g) {
  atomic { assert(g != 0); assert(!(taken & BIT(g))); taken = taken | BIT(g) }
  load(p, PAYLOAD, RLX, x);
  assert(x >= g)
}

/* ---- the owner ---- */

inline put(g, order) {
  load(OWNER, HEAD, ORDER_D, h);
  load(OWNER, TAIL, RLX, t);
  if
  :: DISTANCE(t, h) >= SIZE -> ok = false
  :: else ->
#ifdef BUG_TAIL_FIRST
    store(OWNER, TAIL, t + 1, order);
    store(OWNER, SLOT_OF(t), g, RLX);
#else
    store(OWNER, SLOT_OF(t), g, RLX);
    store(OWNER, TAIL, t + 1, order);
#endif
    ok = true
  fi
}

/* g: the G that is left over if the ring is full. */
inline put_next(g) {
  exchange(OWNER, NEXT, g, ORDER_NEXT, kicked);
  g = kicked;
  kicked = 0;
  if
  :: g == 0
  :: else ->
    put(g, ORDER_SUBMIT);
    if
    :: ok -> g = 0
    :: else
    fi
  fi
}

inline take_half() {
  load(OWNER, HEAD, ORDER_D, h);
  load(OWNER, TAIL, RLX, t);
  if
  :: DISTANCE(t, h) < SIZE -> ok = false
  :: else ->
    load(OWNER, SLOT_OF(h), RLX, b0);
#if HALF > 1
    load(OWNER, SLOT_OF(h + 1), RLX, b1);
#endif
    cas(OWNER, HEAD, h, (h + HALF) & 255, ORDER_C, ok)
  fi
}

/* With runqput's way out when the ring is full: half of it, and g, to the global queue, where they are safe. */
inline runqput(g) {
  do
  :: g == 0 -> break
  :: else ->
    put(g, ORDER_SUBMIT);
    if
    :: ok -> g = 0
    :: else ->
      take_half();
      if
      :: ok ->
        take(OWNER, b0);
#if HALF > 1
        take(OWNER, b1);
#endif
        take(OWNER, g);
        g = 0
      :: else
      fi
    fi
  od;
  b0 = 0; b1 = 0
}

inline get_head(g) {
  do
  :: load(OWNER, HEAD, ORDER_D, h);
    load(OWNER, TAIL, RLX, t);
    if
    :: t == h -> g = 0; break
    :: else ->
      load(OWNER, SLOT_OF(h), RLX, g);
#ifdef BUG_HEAD_STORED
      store(OWNER, HEAD, (h + 1) & 255, REL);
      break
#else
      cas(OWNER, HEAD, h, (h + 1) & 255, ORDER_C, ok);
      if
      :: ok -> break
      :: else -> g = 0
      fi
#endif
    fi
  od
}

inline get(g) {
  load(OWNER, NEXT, RLX, g);
  if
  :: g != 0 ->
#ifdef BUG_NEXT_STORED
    store(OWNER, NEXT, 0, REL);
    ok = true;
#else
    cas(OWNER, NEXT, g, 0, ACQ_REL, ok);
#endif
    if
    :: ok
    :: else -> g = 0
    fi
  :: else
  fi;
  if
  :: g == 0 -> get_head(g)
  :: else
  fi
}

proctype owner() {
  byte h, t, x, g, kicked, b0, b1, op;
  bool ok;
  do
  :: op < OPS ->
    op++;
    if
    :: atomic { made++; g = made }
      store(OWNER, PAYLOAD, g, RLX);
      if
      :: put_next(g)
      :: skip
      fi;
      runqput(g)
    :: made > 0 ->
      get(g);
      if
      :: g != 0 -> take(OWNER, g); g = 0
      :: else
      fi
    fi;
    atomic { h = 0; t = 0; x = 0; ok = false }
  :: else -> break
  od;
  atomic { done = done | BIT(OWNER); op = 0 }
}

/* ---- a thief ---- */

inline grab(p) {
  do
  :: load(p, HEAD, ACQ, h);
    load(p, TAIL, ORDER_B, t);
    n = DISTANCE(t, h);
    n = n - n / 2;
    if
    :: n == 0 && !take_next -> break
    :: n == 0 && take_next ->
      load(p, NEXT, ACQ, g);
      if
      :: g == 0 ->
        load(p, TAIL, RLX, x);
        if
        :: x == t -> break
        :: else
        fi
      :: else ->
        cas(p, NEXT, g, 0, ACQ, ok);
        if
        :: ok -> take(p, g); break
        :: else
        fi
      fi
#ifndef BUG_TORN
    :: n > HALF
#endif
    :: else ->
      assert(n <= HALF); /* what its own ring has room for */
#if HALF > 1
      g2 = 0;
      if
      :: n > 1 -> load(p, SLOT_OF(h + 1), RLX, g2)
      :: else
      fi;
#endif
      load_late(p, SLOT_OF(h));
#ifdef BUG_THIEF_STORES
      store(p, HEAD, (h + n) & 255, REL);
      ok = true;
#else
      cas(p, HEAD, h, (h + n) & 255, ORDER_C, ok);
#endif
      late_value_of(p, g);
      if
      :: ok ->
        take(p, g);
#if HALF > 1
        if
        :: g2 != 0 -> take(p, g2)
        :: else
        fi;
#endif
        break
      :: else
      fi
    fi
  od
}

proctype thief(byte p) {
  byte h, t, x, n, g, g2, steal;
  bool ok, take_next;
  do
  :: steal < STEALS ->
    steal++;
    if
    :: take_next = true
    :: take_next = false
    fi;
    grab(p);
    atomic { h = 0; t = 0; x = 0; n = 0; g = 0; g2 = 0; ok = false; take_next = false }
  :: else -> break
  od;
  atomic { done = done | BIT(p); steal = 0 }
}

init {
  byte i;
  atomic {
    mem[HEAD] = START;
    mem[TAIL] = START;
    /* What was there before: up to a full ring, and runnext. */
    do
    :: mem[TAIL] != ((START + SIZE) & 255) ->
      made++;
      mem[SLOT_OF(mem[TAIL])] = made;
      mem[TAIL] = mem[TAIL] + 1
    :: break
    od;
    if
    :: made++; mem[NEXT] = made
    :: true
    fi;
    mem[PAYLOAD] = made;
    i = 0;
    do
    :: i < NPROC ->
      run hardware(i);
      if
      :: i == OWNER -> run owner()
      :: else -> run thief(i)
      fi;
      i++
    :: else -> break
    od
  }
  /* In the end every G has been taken, or is in the queue, once. */
  atomic {
    timeout ->
    assert(done == BIT(NPROC) - 1);
    assert(DISTANCE(mem[TAIL], mem[HEAD]) <= SIZE);
    do
    :: mem[HEAD] != mem[TAIL] ->
      i = mem[SLOT_OF(mem[HEAD])];
      assert(i != 0 && !(taken & BIT(i)));
      taken = taken | BIT(i);
      mem[HEAD] = mem[HEAD] + 1
    :: else -> break
    od;
    i = mem[NEXT];
    assert(i == 0 || !(taken & BIT(i)));
    if
    :: i != 0 -> taken = taken | BIT(i)
    :: else
    fi;
    assert(taken == BIT(made + 1) - 2)
  }
}
