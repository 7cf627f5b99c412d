/* SPDX-License-Identifier: Apache-2.0 */
/* attempts.c: fixed table of attempts, reused round robin.
 * Invariant:  a slot is reused only when its attempt has ended, holds nothing and no live thread names it; an owner that still
 *             names the id then has no live block either, so whatever it counts afterwards is the new attempt's.
 * Bound:      ATTEMPTS slots, touched as used.
 * Concurrent: begin, and reading an identity, under one leaf lock, since a slot may be given to another meanwhile; the
 *             rest are atomics. */
#include "core/attempts.h"

#include <stdatomic.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/lock.h"
#include "base/poison.h"

enum { ATTEMPTS = 1 << 14 };
enum state { FREE, RUNNING, ENDED };

struct attempt {
    struct attempt_identity who;
    atomic_llong            begin_ms, end_ms;
    atomic_ullong           bytes, blocks, pooled; /* pooled: of bytes, those of kind direct */
    atomic_uint             threads; /* live ones that name it */
    atomic_uint             state;
};

struct attempts {
    struct lock    lock;
    uint32_t         next; /* protected by lock: where the search for a free slot goes on */
    _Atomic uint32_t high; /* slots ever used: readers look no further */
    atomic_ullong  dropped;
    struct attempt attempt[ATTEMPTS];
};

enum weir_rc attempts_new(struct attempts **out)
{
    struct attempts *t = arena_map(sizeof *t);
    if (t == NULL)
        return WEIR_ENOMEM;
    lock_init(&t->lock, LOCK_RANK_OWNERS);
    *out = t;
    return WEIR_OK;
}

void attempts_delete(struct attempts *t)
{
    arena_unmap(t, sizeof *t);
}

static bool reusable(const struct attempt *a)
{
    unsigned state = atomic_load_explicit(&a->state, memory_order_acquire);
    return state == FREE || (state == ENDED && atomic_load_explicit(&a->blocks, memory_order_acquire) == 0 &&
                             atomic_load_explicit(&a->threads, memory_order_acquire) == 0);
}

static uint32_t find_free_locked(struct attempts *t)
{
    for (uint32_t tried = 0; tried < ATTEMPTS; tried++) {
        uint32_t i = t->next++ % ATTEMPTS;
        if (!reusable(&t->attempt[i]))
            continue;
        if (i >= atomic_load_explicit(&t->high, memory_order_relaxed))
            atomic_store_explicit(&t->high, i + 1, memory_order_relaxed);
        return i + 1;
    }
    return 0;
}

uint32_t attempts_begin(struct attempts *t, const struct attempt_identity *who, int64_t coarse_ms)
{
    lock_take(&t->lock);
    uint32_t id = find_free_locked(t);
    if (id != 0) {
        struct attempt *a = &t->attempt[id - 1];
        a->who = *who;
        atomic_store_explicit(&a->begin_ms, coarse_ms, memory_order_relaxed);
        atomic_store_explicit(&a->end_ms, 0, memory_order_relaxed);
        /* Release: identity and times are visible to whoever sees it running. */
        atomic_store_explicit(&a->state, RUNNING, memory_order_release);
    }
    lock_drop(&t->lock);
    if (id == 0)
        atomic_fetch_add_explicit(&t->dropped, 1, memory_order_relaxed);
    return id;
}

void attempts_end(struct attempts *t, uint32_t id, int64_t coarse_ms)
{
    if (id == 0 || id > ATTEMPTS)
        return;
    atomic_store_explicit(&t->attempt[id - 1].end_ms, coarse_ms, memory_order_relaxed);
    atomic_store_explicit(&t->attempt[id - 1].state, ENDED, memory_order_release);
}

bool attempts_running(const struct attempts *t, uint32_t id)
{
    return id != 0 && id <= ATTEMPTS &&
           atomic_load_explicit(&t->attempt[id - 1].state, memory_order_acquire) == RUNNING;
}

static bool ended_before(const struct attempt *a, int64_t coarse_ms)
{
    return atomic_load_explicit(&a->state, memory_order_acquire) == ENDED &&
           atomic_load_explicit(&a->end_ms, memory_order_relaxed) < coarse_ms;
}

bool attempts_ended_before(const struct attempts *t, uint32_t id, int64_t coarse_ms)
{
    return id != 0 && id <= ATTEMPTS && ended_before(&t->attempt[id - 1], coarse_ms);
}

void attempts_charge(struct attempts *t, uint32_t id, uint64_t bytes, bool pooled)
{
    if (id == 0)
        return;
    if (pooled)
        atomic_fetch_add_explicit(&t->attempt[id - 1].pooled, bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&t->attempt[id - 1].bytes, bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&t->attempt[id - 1].blocks, 1, memory_order_relaxed);
}

void attempts_discharge(struct attempts *t, uint32_t id, uint64_t bytes, bool pooled)
{
    if (id == 0)
        return;
    if (pooled)
        atomic_fetch_sub_explicit(&t->attempt[id - 1].pooled, bytes, memory_order_relaxed);
    atomic_fetch_sub_explicit(&t->attempt[id - 1].bytes, bytes, memory_order_relaxed);
    /* Release: the bytes went before the count that makes the slot reusable. Pairs with reusable(). */
    atomic_fetch_sub_explicit(&t->attempt[id - 1].blocks, 1, memory_order_release);
}

void attempts_hold(struct attempts *t, uint32_t id)
{
    if (id != 0)
        atomic_fetch_add_explicit(&t->attempt[id - 1].threads, 1, memory_order_relaxed);
}

void attempts_let(struct attempts *t, uint32_t id)
{
    if (id != 0)
        atomic_fetch_sub_explicit(&t->attempt[id - 1].threads, 1, memory_order_release);
}

static void read_locked(const struct attempt *a, unsigned state, const struct stacks *names, struct weir_attempt *out)
{
    *out = (struct weir_attempt){
        .known = true,
        .state = state == RUNNING ? WEIR_ATTEMPT_RUNNING : WEIR_ATTEMPT_ENDED,
        .job_id = { a->who.job_id[0], a->who.job_id[1] },
        .job_name = stacks_text(names, a->who.job_name),
        .vertex = stacks_text(names, a->who.vertex),
        .subtask = a->who.subtask,
        .attempt = a->who.attempt,
        .begin_ms = atomic_load_explicit(&a->begin_ms, memory_order_relaxed),
        .end_ms = atomic_load_explicit(&a->end_ms, memory_order_relaxed),
        .bytes = atomic_load_explicit(&a->bytes, memory_order_relaxed),
        .blocks = atomic_load_explicit(&a->blocks, memory_order_relaxed),
        .pooled = atomic_load_explicit(&a->pooled, memory_order_relaxed),
        .threads = atomic_load_explicit(&a->threads, memory_order_relaxed),
    };
}

bool attempts_get(struct attempts *t, const struct stacks *names, uint32_t id, struct weir_attempt *out)
{
    if (id == 0 || id > ATTEMPTS)
        return false;
    const struct attempt *a = &t->attempt[id - 1];
    lock_take(&t->lock);
    unsigned state = atomic_load_explicit(&a->state, memory_order_acquire);
    if (state != FREE)
        read_locked(a, state, names, out);
    lock_drop(&t->lock);
    return state != FREE;
}

uint64_t attempts_ended_bytes(const struct attempts *t, int64_t ended_before_ms)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < atomic_load_explicit(&t->high, memory_order_relaxed); i++) {
        const struct attempt *a = &t->attempt[i];
        if (ended_before(a, ended_before_ms))
            sum += atomic_load_explicit(&a->bytes, memory_order_relaxed);
    }
    return sum;
}

uint64_t attempts_ended_threads(const struct attempts *t, int64_t ended_before_ms)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < atomic_load_explicit(&t->high, memory_order_relaxed); i++) {
        const struct attempt *a = &t->attempt[i];
        if (ended_before(a, ended_before_ms))
            sum += atomic_load_explicit(&a->threads, memory_order_relaxed);
    }
    return sum;
}

void attempts_each(const struct attempts *t, void (*visit)(void *with, uint32_t id), void *with)
{
    for (uint32_t i = 0; i < atomic_load_explicit(&t->high, memory_order_relaxed); i++) {
        const struct attempt *a = &t->attempt[i];
        unsigned state = atomic_load_explicit(&a->state, memory_order_acquire);
        if (state == RUNNING || (state == ENDED && atomic_load_explicit(&a->blocks, memory_order_relaxed) != 0))
            visit(with, i + 1);
    }
}

uint64_t attempts_dropped(const struct attempts *t)
{
    return atomic_load_explicit(&t->dropped, memory_order_relaxed);
}
