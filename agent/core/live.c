/* SPDX-License-Identifier: Apache-2.0 */
/* live.c: table of live allocations: GROUPS independent linear-hash tables over one dense arena of records.
 *
 * The picture:  hash(addr) -> group (low bits) -> bucket (next bits) -> chain of 24-byte records by index.
 *               A group starts with one bucket and splits the next one in turn whenever it holds more records than
 *               buckets, so bucket heads grow in place inside a reserved mapping: touched memory follows the live
 *               count (28 bytes a record) and nothing is ever rehashed as a whole while a hook waits.
 * Invariant:    an address is in at most one record. A hook takes it out before the real free and puts it in after the
 *               real malloc, so a reused address cannot meet its old record.
 * Bound:        max_recs records. Groups draw CHUNK records at a time from the arena; freed ones stay with the group.
 * Concurrent:   one leaf lock per group, held for a chain walk or one split, never across a call out. */
#include "core/live.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/poison.h"

enum { GROUP_BITS = 6, GROUPS = 1 << GROUP_BITS, CHUNK = 16, MIN_RECS = 1024, MAX_RECS = 1 << 26, VISIT_BUCKETS = 16, VISIT_RECORDS = 128 };

struct slot {
    uintptr_t addr;
    uint64_t  bytes;
    uint32_t  owner : LIVE_OWNER_BITS;
    uint32_t  mean : 8;
    uint32_t  next; /* slot index + 1; 0 ends the chain */
};

struct group {
    struct lock lock;
    uint32_t   *heads;   /* reserved for group_max; protected by lock, as all below */
    uint32_t    buckets; /* in use, at least 1 */
    uint32_t    count;
    uint32_t    vacant;   /* slot index + 1 of the first free slot drawn by this group */
    uint32_t    chunk, chunk_left; /* next fresh slot of the drawn chunk */
    /* Written under the lock, read without: */
    _Atomic uint32_t published; /* count */
    struct {
        _Atomic uint64_t bytes, blocks;
    } pile[LIVE_PILES];
} __attribute__((aligned(64)));

struct live {
    struct group     group[GROUPS];
    struct slot     *slots;
    uint32_t        *heads;
    uint32_t         max_recs, group_max;
    _Atomic uint32_t drawn; /* slots given to groups so far */
};

enum weir_rc live_new(struct live **out, uint32_t max_recs)
{
    if (max_recs < MIN_RECS || max_recs > MAX_RECS)
        return WEIR_EINVAL;
    struct live *t = arena_map(sizeof *t);
    if (t == NULL)
        return WEIR_ENOMEM;
    t->max_recs = max_recs;
    t->group_max = max_recs / GROUPS * 2; /* a group may hold twice the mean before its chains grow longer */
    t->slots = arena_map((size_t)max_recs * sizeof *t->slots);
    t->heads = arena_map((size_t)t->group_max * GROUPS * sizeof *t->heads);
    if (t->slots == NULL || t->heads == NULL) {
        live_delete(t);
        return WEIR_ENOMEM;
    }
    for (uint32_t g = 0; g < GROUPS; g++) {
        lock_init(&t->group[g].lock, LOCK_RANK_LIVE);
        t->group[g].heads = t->heads + (size_t)g * t->group_max;
        t->group[g].buckets = 1;
    }
    *out = t;
    return WEIR_OK;
}

void live_delete(struct live *t)
{
    arena_unmap(t->slots, (size_t)t->max_recs * sizeof *t->slots);
    arena_unmap(t->heads, (size_t)t->group_max * GROUPS * sizeof *t->heads);
    arena_unmap(t, sizeof *t);
}

/* Linear hashing: `buckets` is between 2^k and 2^(k+1); those below buckets - 2^k are already split. */
static uint32_t bucket_of(const struct group *g, uint64_t hash)
{
    uint32_t low = 1U << (31 - __builtin_clz(g->buckets));
    uint32_t h = (uint32_t)(hash >> GROUP_BITS);
    uint32_t b = h & (2 * low - 1);
    return b < g->buckets ? b : h & (low - 1);
}

static void split_locked(struct live *t, struct group *g)
{
    uint32_t low = 1U << (31 - __builtin_clz(g->buckets));
    uint32_t *from = &g->heads[g->buckets - low];
    uint32_t rest = *from;
    uint32_t fresh = g->buckets++;
    *from = 0;
    g->heads[fresh] = 0;
    while (rest != 0) {
        struct slot *s = &t->slots[rest - 1];
        uint32_t here = rest;
        uint32_t *head = &g->heads[bucket_of(g, hash_u64(s->addr))];
        rest = s->next;
        s->next = *head;
        *head = here;
    }
}

/* A free slot's index + 1; 0 when the bound is reached. */
static uint32_t draw_locked(struct live *t, struct group *g)
{
    if (g->vacant != 0) {
        uint32_t s = g->vacant;
        g->vacant = t->slots[s - 1].next;
        return s;
    }
    if (g->chunk_left == 0) {
        if (atomic_load_explicit(&t->drawn, memory_order_relaxed) > t->max_recs - CHUNK)
            return 0;
        uint32_t at = atomic_fetch_add_explicit(&t->drawn, CHUNK, memory_order_relaxed);
        if (at > t->max_recs - CHUNK)
            return 0;
        g->chunk = at;
        g->chunk_left = CHUNK;
    }
    return g->chunk + g->chunk_left--;
}

static uint32_t *find_locked(struct live *t, struct group *g, uint64_t hash, uintptr_t addr)
{
    uint32_t *link = &g->heads[bucket_of(g, hash)];
    while (*link != 0 && t->slots[*link - 1].addr != addr)
        link = &t->slots[*link - 1].next;
    return link;
}

static void count_locked(struct group *g, uint32_t count)
{
    g->count = count;
    atomic_store_explicit(&g->published, count, memory_order_relaxed);
}

/* One more record without owner, or (sign -1) one less. Plain loads and stores: the lock is ours. */
static void count_ownerless_locked(struct group *g, struct live_rec rec, int sign)
{
    if (!live_ownerless(rec))
        return;
    unsigned pile = LIVE_NO_OWNER - rec.owner;
    uint64_t blocks = atomic_load_explicit(&g->pile[pile].blocks, memory_order_relaxed);
    uint64_t bytes = atomic_load_explicit(&g->pile[pile].bytes, memory_order_relaxed);
    atomic_store_explicit(&g->pile[pile].blocks, sign > 0 ? blocks + 1 : blocks - 1, memory_order_relaxed);
    atomic_store_explicit(&g->pile[pile].bytes, sign > 0 ? bytes + rec.bytes : bytes - rec.bytes, memory_order_relaxed);
}

static enum weir_rc insert_locked(struct live *t, struct group *g, uint64_t hash, uintptr_t addr, struct live_rec rec)
{
    uint32_t fresh = draw_locked(t, g);
    if (fresh == 0)
        return WEIR_EFULL;
    uint32_t *head = &g->heads[bucket_of(g, hash)];
    t->slots[fresh - 1] = (struct slot){ addr, rec.bytes, rec.owner, rec.mean, *head };
    *head = fresh;
    count_locked(g, g->count + 1);
    count_ownerless_locked(g, rec, 1);
    if (g->count > g->buckets && g->buckets < t->group_max)
        split_locked(t, g);
    return WEIR_OK;
}

enum weir_rc live_put(struct live *t, uintptr_t addr, struct live_rec rec, bool *stale, struct live_rec *old)
{
    uint64_t hash = hash_u64(addr);
    struct group *g = &t->group[hash & (GROUPS - 1)];
    enum weir_rc rc = WEIR_OK;
    lock_take(&g->lock);
    uint32_t at = *find_locked(t, g, hash, addr);
    *stale = at != 0;
    if (at != 0) {
        struct slot *s = &t->slots[at - 1];
        *old = (struct live_rec){ s->bytes, s->owner, s->mean };
        s->bytes = rec.bytes;
        s->owner = rec.owner;
        s->mean = rec.mean;
        count_ownerless_locked(g, *old, -1);
        count_ownerless_locked(g, rec, 1);
    } else {
        rc = insert_locked(t, g, hash, addr, rec);
    }
    lock_drop(&g->lock);
    return rc;
}

static void remove_locked(struct live *t, struct group *g, uint32_t *link, struct live_rec rec)
{
    uint32_t at = *link;
    *link = t->slots[at - 1].next;
    t->slots[at - 1].next = g->vacant;
    g->vacant = at;
    count_locked(g, g->count - 1);
    count_ownerless_locked(g, rec, -1);
}

bool live_take(struct live *t, uintptr_t addr, struct live_rec *rec)
{
    uint64_t hash = hash_u64(addr);
    struct group *g = &t->group[hash & (GROUPS - 1)];
    lock_take(&g->lock);
    uint32_t *link = find_locked(t, g, hash, addr);
    bool found = *link != 0;
    if (found) {
        const struct slot *s = &t->slots[*link - 1];
        *rec = (struct live_rec){ s->bytes, s->owner, s->mean };
        remove_locked(t, g, link, *rec);
    }
    lock_drop(&g->lock);
    return found;
}

bool live_take_same(struct live *t, uintptr_t addr, struct live_rec rec)
{
    uint64_t hash = hash_u64(addr);
    struct group *g = &t->group[hash & (GROUPS - 1)];
    lock_take(&g->lock);
    uint32_t *link = find_locked(t, g, hash, addr);
    const struct slot *s = *link != 0 ? &t->slots[*link - 1] : NULL;
    bool found = s != NULL && s->bytes == rec.bytes && s->owner == rec.owner;
    if (found)
        remove_locked(t, g, link, rec);
    lock_drop(&g->lock);
    return found;
}

bool live_has(struct live *t, uintptr_t addr)
{
    uint64_t hash = hash_u64(addr);
    struct group *g = &t->group[hash & (GROUPS - 1)];
    lock_take(&g->lock);
    bool present = *find_locked(t, g, hash, addr) != 0;
    lock_drop(&g->lock);
    return present;
}

uint64_t live_count(const struct live *t)
{
    uint64_t sum = 0;
    for (uint32_t g = 0; g < GROUPS; g++)
        sum += atomic_load_explicit(&t->group[g].published, memory_order_relaxed);
    return sum;
}

/* Copies what a few buckets hold; returns how many records. A chain that does not fit is cut. */
static size_t copy_buckets(struct live *t, struct group *g, uint32_t *bucket, uint64_t least, struct slot *out, size_t max)
{
    size_t count = 0;
    lock_take(&g->lock);
    for (uint32_t end = *bucket + VISIT_BUCKETS; *bucket < g->buckets && *bucket < end; ++*bucket)
        for (uint32_t at = g->heads[*bucket]; at != 0; at = t->slots[at - 1].next)
            if (t->slots[at - 1].bytes >= least && count < max)
                out[count++] = t->slots[at - 1];
    bool more = *bucket < g->buckets;
    lock_drop(&g->lock);
    if (!more)
        *bucket = UINT32_MAX;
    return count;
}

void live_each(struct live *t, uint64_t least, void (*visit)(void *with, uintptr_t addr, struct live_rec rec), void *with)
{
    struct slot copy[VISIT_RECORDS];
    for (uint32_t g = 0; g < GROUPS; g++)
        for (uint32_t bucket = 0; bucket != UINT32_MAX;) {
            size_t count = copy_buckets(t, &t->group[g], &bucket, least, copy, VISIT_RECORDS);
            for (size_t i = 0; i < count; i++)
                visit(with, copy[i].addr, (struct live_rec){ copy[i].bytes, copy[i].owner, copy[i].mean });
        }
}

void live_pile(const struct live *t, unsigned pile, uint64_t *bytes, uint64_t *blocks)
{
    *bytes = *blocks = 0;
    for (uint32_t g = 0; g < GROUPS; g++) {
        *bytes += atomic_load_explicit(&t->group[g].pile[pile].bytes, memory_order_relaxed);
        *blocks += atomic_load_explicit(&t->group[g].pile[pile].blocks, memory_order_relaxed);
    }
}

void live_undecided(const struct live *t, uint64_t *bytes, uint64_t *blocks)
{
    live_pile(t, 0, bytes, blocks);
}
