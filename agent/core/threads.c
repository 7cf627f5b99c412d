/* SPDX-License-Identifier: Apache-2.0 */
/* threads.c: fixed table of live Java threads, dense: a free slot is taken before a new one.
 * Invariant:  `live` is what was claimed and has not ended, with or without a record; a record holds its attempt, so that the
 *             attempt's slot is not another's while a thread names it.
 * Bound:      THREADS_MAX records, touched as used; what is beyond is counted without one.
 * Concurrent: records under one leaf lock, held for tens of instructions; the count is an atomic. */
#include "core/threads.h"

#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "base/lock.h"
#include "base/poison.h"

struct slot {
    struct thread_rec rec;
    uint32_t          next_free; /* protected by lock */
    bool              taken;     /* protected by lock, as is rec */
};

struct threads {
    struct lock      lock;
    struct attempts *attempts;
    uint32_t         vacant;    /* head of the free list; 0 none; protected by lock */
    _Atomic uint32_t high;      /* slots ever used, plus 1 */
    atomic_ullong    live, dropped;
    struct slot      slot[THREADS_MAX + 1]; /* 0 is nobody's */
};

enum weir_rc threads_new(struct threads **out, struct attempts *attempts)
{
    struct threads *t = arena_map(sizeof *t);
    if (t == NULL)
        return WEIR_ENOMEM;
    lock_init(&t->lock, LOCK_RANK_OWNERS);
    atomic_store_explicit(&t->high, 1, memory_order_relaxed);
    t->attempts = attempts;
    *out = t;
    return WEIR_OK;
}

void threads_delete(struct threads *t)
{
    arena_unmap(t, sizeof *t);
}

bool threads_claim(struct threads *t, uint64_t limit)
{
    unsigned long long live = atomic_load_explicit(&t->live, memory_order_relaxed);
    do {
        if (live >= limit)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&t->live, &live, live + 1, memory_order_relaxed, memory_order_relaxed));
    return true;
}

static uint32_t take_slot_locked(struct threads *t)
{
    uint32_t slot = t->vacant, high = atomic_load_explicit(&t->high, memory_order_relaxed);
    if (slot != 0) {
        t->vacant = t->slot[slot].next_free;
    } else if (high <= THREADS_MAX) {
        slot = high;
        atomic_store_explicit(&t->high, high + 1, memory_order_relaxed);
    }
    return slot;
}

uint32_t threads_begin(struct threads *t, const struct owner_key *creator, bool found, int64_t coarse_ms)
{
    lock_take(&t->lock);
    uint32_t slot = take_slot_locked(t);
    if (slot != 0) {
        t->slot[slot].taken = true;
        t->slot[slot].rec = (struct thread_rec){ .creator = *creator, .since_ms = coarse_ms, .found = found };
    }
    lock_drop(&t->lock);
    if (slot == 0) {
        atomic_fetch_add_explicit(&t->dropped, 1, memory_order_relaxed);
        return THREADS_UNRECORDED;
    }
    attempts_hold(t->attempts, creator->attempt);
    return slot;
}

void threads_runs(struct threads *t, uint32_t slot, int32_t tid, uintptr_t at)
{
    if (slot == 0 || slot > THREADS_MAX)
        return;
    lock_take(&t->lock);
    t->slot[slot].rec.tid = tid;
    t->slot[slot].rec.at = at;
    lock_drop(&t->lock);
}

/* False: nobody has it. */
static bool give_back(struct threads *t, uint32_t slot, uint32_t *attempt)
{
    lock_take(&t->lock);
    bool taken = t->slot[slot].taken;
    if (taken) {
        *attempt = t->slot[slot].rec.creator.attempt;
        t->slot[slot].taken = false;
        t->slot[slot].next_free = t->vacant;
        t->vacant = slot;
    }
    lock_drop(&t->lock);
    return taken;
}

void threads_end(struct threads *t, uint32_t slot)
{
    uint32_t attempt = 0;
    if (slot == 0 || (slot > THREADS_MAX && slot != THREADS_UNRECORDED))
        return;
    if (slot != THREADS_UNRECORDED && !give_back(t, slot, &attempt))
        return;
    attempts_let(t->attempts, attempt);
    atomic_fetch_sub_explicit(&t->live, 1, memory_order_relaxed);
}

uint64_t threads_live(const struct threads *t)
{
    return atomic_load_explicit(&t->live, memory_order_relaxed);
}

bool threads_get(struct threads *t, uint32_t slot, struct thread_rec *out)
{
    if (slot == 0 || slot > THREADS_MAX)
        return false;
    lock_take(&t->lock);
    bool taken = t->slot[slot].taken;
    if (taken)
        *out = t->slot[slot].rec;
    lock_drop(&t->lock);
    return taken;
}

uint32_t threads_high(const struct threads *t)
{
    return atomic_load_explicit(&t->high, memory_order_relaxed);
}

uint64_t threads_dropped(const struct threads *t)
{
    return atomic_load_explicit(&t->dropped, memory_order_relaxed);
}
