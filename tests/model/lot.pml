/* SPDX-License-Identifier: MIT
 *
 * runtime/sema.h for the models that include this, with one key in one bucket; it stands behind memory.pml. The queue is under
 * BUCKET. A G is a process; it is woken by its word RUN(g), which is the run queue that it goes through.
 *
 * A model defines GS, the Gs that wait, BUCKET, RUN(g), and calls touch() with each access to the object.
 */
byte lot_n, lot_at[GS];
hidden byte lot_i; /* scratch, for d_steps only (memory.pml) */
bool told[GS]; /* by the waker, before it readies the G */
bool there = true; /* the object */
#define touch() assert(there)

#define LOT_EMPTY (lot_n == 0)

inline push_back(g) {
  d_step { lot_at[lot_n] = g; lot_n++ }
}
inline push_front(g) {
  d_step {
    lot_i = lot_n;
    do
    :: lot_i > 0 -> lot_at[lot_i] = lot_at[lot_i - 1]; lot_i--
    :: else -> break
    od;
    lot_at[0] = g;
    lot_n++
  }
}
/* who: NONE if it is not queued. */
#define NONE 15
inline remove_from_lot(who) {
  d_step {
    lot_i = 0;
    do
    :: lot_i < lot_n && lot_at[lot_i] != who -> lot_i++
    :: else -> break
    od;
    if
    :: lot_i == lot_n -> who = NONE
    :: else ->
      lot_n--;
      do
      :: lot_i < lot_n -> lot_at[lot_i] = lot_at[lot_i + 1]; lot_i++
      :: else -> break
      od;
      lot_at[lot_n] = 0
    fi
  }
}
inline take_first(who) {
  if
  :: LOT_EMPTY -> who = NONE
  :: else -> who = lot_at[0]; remove_from_lot(who)
  fi
}

/* Under BUCKET, which is given up when the G is in the queue; until it is readied. */
inline lot_park(g) {
  unlock(g, BUCKET);
  atomic { mem[RUN(g)] != 0 && CAN_RMW(g, RUN(g), ACQ) -> rmw_saw(g, RUN(g), ACQ); write(g, RUN(g), 0) }
}
inline lot_ready(p, who) {
  atomic { exchange(p, RUN(who), 1, REL, x); assert(x == 0) } /* bad g->status in ready */
}
