/* SPDX-License-Identifier: MIT
 *
 * Memory as AArch64 shows it, for the models of this folder: one shared memory, and for each process what stands between
 * it and that memory. A process does one operation after the other; that others see them in another order comes from here:
 *
 *   store buffer   A store waits in the buffer, where its own process sees it already. It goes to memory at any time later,
 *                  out of order but for stores to one word. A release store goes when nothing older is left.
 *   early load     A load may have been done before what stands before it in the program: it reads memory as it was at one
 *                  earlier moment, the process's snapshot. An acquire load that reads memory as it is now forgets the
 *                  snapshot; one that reads the snapshot was done at that moment, so it keeps it. Who has seen a newer value
 *                  of a word does not see an older one.
 *   late load      A load whose value is not needed yet may be done after what follows it: load_late, late_value. Release
 *                  operations wait for it.
 *   RMW            One moment in memory. Release: when the buffer is empty. Acquire: as a load; but if nobody has changed
 *                  the word since the snapshot, the snapshot stays, for it is a pair ldaxr, stlxr, and a later load may come
 *                  between the two.
 *   seq_cst        A load waits until the process's own seq_cst stores have left the buffer, and is not done earlier than
 *                  its last seq_cst store or RMW (stlr, ldar). Release stores it may overtake: x86 lets it, and so does C++.
 *
 * So it is weaker than either instruction set where they differ. What it leaves out: a process has one snapshot, so two
 * early loads are of one moment; one load is late at a time; the buffer has DEPTH places, who needs more waits; a failed CAS
 * reads memory as it is now.
 *
 * A model defines NPROC processes, NLOC words, LOOKS_BACK(p), the processes that may load early (none does if it is not
 * defined), and EARLY, the words (a bit each) for which that is worth a state. It runs hardware(p) for each p.
 *
 * At the end: locks, and the futex.
 */

/* bit 0 acquire, bit 1 release, bit 2 seq_cst */
#define RLX 0
#define ACQ 1
#define REL 2
#define ACQ_REL 3
#define SC 7

#define DEPTH 4 /* who has so many stores in its buffer waits */

typedef Cpu {
  byte stores;  /* in the buffer, oldest first */
  byte seq_cst; /* how many of them are */
  byte word[DEPTH];
  byte value[DEPTH];
  byte order[DEPTH];
  bool looks_back; /* there is a snapshot */
  byte old[NLOC];
  short changed; /* since then by others, a bit for each word */
  short seen;    /* newer than the snapshot, by this process */
  bool since_sc; /* the snapshot is younger than the last seq_cst store or RMW */
  byte late;     /* 1 + the word of a load that is not done yet */
  byte late_value
};

byte mem[NLOC];
Cpu cpu[NPROC];

/* Scratch, dead between two steps. Not for d_steps: going back over one, spin does not restore it, and goes astray. */
hidden byte m_i, m_w, m_v;

#define BIT(word) (1 << (word))

#ifdef LOOKS_BACK
inline forget(me) {
  cpu[me].looks_back = false;
  cpu[me].since_sc = false;
  cpu[me].changed = 0;
  cpu[me].seen = 0;
  m_i = 0;
  do
  :: m_i < NLOC -> cpu[me].old[m_i] = 0; m_i++
  :: else -> break
  od
}

inline look_back(me) {
  cpu[me].looks_back = true;
  cpu[me].since_sc = true;
  cpu[me].changed = 0;
  cpu[me].seen = 0;
  m_i = 0;
  do
  :: m_i < NLOC -> cpu[me].old[m_i] = mem[m_i]; m_i++
  :: else -> break
  od
}

/* To memory. Each other process may look back to just before. */
inline write(me, at, what) {
  m_w = 0;
  do
  :: m_w < NPROC ->
    if
    :: m_w != me && LOOKS_BACK(m_w) && (BIT(at) & (EARLY)) -> look_back(m_w)
    :: true
    fi;
    if
    :: m_w != me && cpu[m_w].looks_back -> cpu[m_w].changed = cpu[m_w].changed | BIT(at)
    :: else
    fi;
    m_w++
  :: else -> break
  od;
  if
  :: cpu[me].looks_back -> cpu[me].seen = cpu[me].seen | BIT(at)
  :: else
  fi;
  mem[at] = what
}

inline saw_now(me, at, ord) {
  if
  :: (ord) & ACQ -> forget(me)
  :: !((ord) & ACQ) && (cpu[me].changed & BIT(at)) -> cpu[me].seen = cpu[me].seen | BIT(at)
  :: else
  fi
}

inline rmw_saw(me, at, ord) {
  if
  :: ((ord) & ACQ) && cpu[me].looks_back && (cpu[me].changed & BIT(at)) -> forget(me)
  :: else
  fi;
  if
  :: (ord) == SC -> cpu[me].since_sc = false
  :: else
  fi
}
#else
#define saw_now(me, at, ord) skip
#define rmw_saw(me, at, ord) skip
#define forget(me) skip
#define write(me, at, what) mem[at] = what
#endif

inline store(me, at, what, ord) {
  d_step {
    cpu[me].stores < DEPTH && (!((ord) & REL) || cpu[me].late == 0);
    cpu[me].word[cpu[me].stores] = at;
    cpu[me].value[cpu[me].stores] = what;
    cpu[me].order[cpu[me].stores] = ord;
    cpu[me].stores++;
    if
    :: (ord) == SC -> cpu[me].seq_cst++
    :: else
    fi
  }
}

/* The i-th store of the buffer goes to memory. */
inline drain(me, i) {
  m_w = cpu[me].word[i];
  m_v = cpu[me].value[i];
  if
  :: cpu[me].order[i] == SC -> cpu[me].seq_cst--; cpu[me].since_sc = false
  :: else
  fi;
  cpu[me].stores--;
  m_i = i;
  do
  :: m_i < cpu[me].stores ->
    cpu[me].word[m_i] = cpu[me].word[m_i + 1];
    cpu[me].value[m_i] = cpu[me].value[m_i + 1];
    cpu[me].order[m_i] = cpu[me].order[m_i + 1];
    m_i++
  :: else -> break
  od;
  cpu[me].word[m_i] = 0;
  cpu[me].value[m_i] = 0;
  cpu[me].order[m_i] = 0;
  m_x = m_w;
  write(me, m_x, m_v)
}
hidden byte m_x;

#define OVERTAKES(p, i, j) (cpu[p].word[i] != cpu[p].word[j])
#define WEAK(p, i) (cpu[p].stores > i && !(cpu[p].order[i] & REL))

/* Where loads and stores are done, some time. */
proctype hardware(byte p) {
end:
  do
  :: atomic { cpu[p].stores > 0 -> drain(p, 0) }
  :: atomic { WEAK(p, 1) && OVERTAKES(p, 1, 0) -> drain(p, 1) }
  :: atomic { WEAK(p, 2) && OVERTAKES(p, 2, 0) && OVERTAKES(p, 2, 1) -> drain(p, 2) }
  :: atomic { WEAK(p, 3) && OVERTAKES(p, 3, 0) && OVERTAKES(p, 3, 1) && OVERTAKES(p, 3, 2) -> drain(p, 3) }
  :: d_step { cpu[p].late != 0 -> cpu[p].late_value = mem[cpu[p].late - 1]; cpu[p].late = 0 }
  od
}

#define CAN_LOOK_BACK(p, x) (cpu[p].looks_back && !(cpu[p].seen & BIT(x)))

inline load(me, at, ord, out) {
  atomic {
    (ord) != SC || cpu[me].seq_cst == 0;
    m_i = cpu[me].stores;
    do
    :: m_i > 0 && cpu[me].word[m_i - 1] != (at) -> m_i--
    :: else -> break
    od;
    if
    :: m_i > 0 -> out = cpu[me].value[m_i - 1]
    :: m_i == 0 -> out = mem[at]; saw_now(me, at, ord)
    :: m_i == 0 && ((ord) != SC || cpu[me].since_sc) && CAN_LOOK_BACK(me, at) && (((ord) & ACQ) || (cpu[me].changed & BIT(at))) ->
      out = cpu[me].old[at]
    fi
  }
}

/* A relaxed load of a word that the process has not stored to; its value is late_value_of(). */
inline load_late(me, at) {
  atomic {
    assert(cpu[me].late == 0);
    if
    :: cpu[me].late = (at) + 1
    :: CAN_LOOK_BACK(me, at) && (cpu[me].changed & BIT(at)) -> cpu[me].late_value = cpu[me].old[at]
    fi
  }
}
inline late_value_of(me, out) {
  d_step { cpu[me].late == 0 -> out = cpu[me].late_value; cpu[me].late_value = 0 }
}

/* No store of its own to this word waits; a release waits for everything. */
#define BUFFERED(p, x)                                                                                  \
  ((cpu[p].stores > 0 && cpu[p].word[0] == (x)) || (cpu[p].stores > 1 && cpu[p].word[1] == (x)) ||      \
   (cpu[p].stores > 2 && cpu[p].word[2] == (x)) || (cpu[p].stores > 3 && cpu[p].word[3] == (x)))
#define CAN_RMW(p, x, ord) \
  (cpu[p].stores == 0 && cpu[p].late == 0 || !((ord) & REL) && !BUFFERED(p, x))

/* r: what was there before. */
inline exchange(me, at, what, ord, out) {
  atomic { CAN_RMW(me, at, ord) -> out = mem[at]; rmw_saw(me, at, ord); write(me, at, what) }
}
inline fetch_add(me, at, what, ord, out) {
  atomic { CAN_RMW(me, at, ord) -> out = mem[at]; rmw_saw(me, at, ord); write(me, at, out + (what)) }
}
/* Failure is relaxed. A weak one that fails for no reason only goes round its loop once more. */
inline cas(me, at, expected, what, ord, ok) {
  atomic {
    CAN_RMW(me, at, ord) ->
    if
    :: mem[at] == (expected) -> ok = true; rmw_saw(me, at, ord); write(me, at, what)
    :: else -> ok = false; saw_now(me, at, RLX)
    fi
  }
}

/* runtime/lock.h. What it protects is in plain variables of the model: whoever holds the lock has them to itself. */
inline lock(me, at) {
  atomic { mem[at] == 0 && CAN_RMW(me, at, ACQ) -> rmw_saw(me, at, ACQ); write(me, at, 1) }
}
inline unlock(me, at) {
  atomic { CAN_RMW(me, at, REL) -> assert(mem[at] == 1); write(me, at, 0) }
}

/* The kernel, where it is a full barrier. */
inline barrier(me) {
  atomic { cpu[me].stores == 0 && cpu[me].late == 0 -> forget(me) }
}

/* os/futex.h. The kernel looks at the word and puts the thread to sleep in one moment. It wakes one sleeper of that word. Some
 * sleeps end for no reason at once. */
short asleep; /* a bit for each process */
byte asleep_on[NPROC];

inline futex_wait(me, at, expected) {
  atomic {
    !BUFFERED(me, at) ->
    if
    :: mem[at] == (expected) -> asleep = asleep | BIT(me); asleep_on[me] = at
    :: true
    fi
  }
  !(asleep & BIT(me))
}
inline futex_wake(me, at) {
  atomic {
    m_i = 0;
    do
    :: m_i < NPROC && !((asleep & BIT(m_i)) && asleep_on[m_i] == (at)) -> m_i++
    :: else -> break
    od;
    if
    :: m_i < NPROC -> asleep = asleep & ~BIT(m_i); asleep_on[m_i] = 0
    :: else
    fi
  }
}
