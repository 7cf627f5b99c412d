/* SPDX-License-Identifier: Apache-2.0 */
/* live.c: table of live allocations: GROUPS independent linear-hash tables.
 *
 * The picture:  an address's REGION (64 KiB) chooses the group and where its buckets begin; within a region neighbours in
 *               memory are neighbours in the table. A thread's blocks lie close together, so it finds its group and its
 *               buckets in its own cache, and two threads seldom meet at one lock.
 *               A bucket holds its first record itself, further ones hang on it by index: one cache line for most calls.
 *               A group starts with one bucket and splits the next one in turn whenever it holds more records than
 *               buckets, in place inside a reserved mapping: touched memory follows the live count (some 32 bytes a
 *               record) and nothing is ever rehashed as a whole while a hook waits.
 * Invariant:    an address is in at most one record. A hook takes it out before the real free and puts it in after the
 *               real malloc, so a reused address cannot meet its old record.
 * Bound:        max_recs records. Groups are granted CHUNK records at a time, and keep what was granted. A group has never
 *               drawn more further slots than it was granted records, so these cannot run out before.
 * Concurrent:   one leaf lock per group, held for a chain walk or one split, never across a call out. */
#include "core/live.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/poison.h"

enum { GROUP_BITS = 6, GROUPS = 1 << GROUP_BITS, CHUNK = 16, MIN_RECS = 1024, MAX_RECS = 1 << 26, VISIT_BUCKETS = 16, VISIT_RECORDS = 128 };
/* Blocks of every malloc are 32 bytes apart or more, most of them. Without a step at each page those that are whole pages apart would share
 * a sixteenth of the buckets. */
enum { REGION_BITS = 16, SPACING_BITS = 5, PAGE_BITS = 12 };
/* What `next` says: nothing is here (as in fresh memory), nothing follows, or the further slot with index next - FIRST. */
enum { EMPTY, LAST, FIRST };

struct slot {
    uintptr_t addr;
    uint64_t  bytes;
    uint32_t  owner : LIVE_OWNER_BITS;
    uint32_t  mean : 8;
    uint32_t  next;
};

/* A cache line that every call needs, then those of the piles, the first of which hold the libraries hooked first. */
struct group {
    struct lock  lock;
    struct slot *bucket;  /* reserved for group_max; protected by lock, as all below */
    uint32_t     buckets; /* in use, at least 1 */
    uint32_t     granted; /* records */
    uint32_t     vacant;  /* first further slot that is free, as in `next`; EMPTY: none */
    uint32_t     chunk, chunk_left; /* fresh further slots */
    /* Written under the lock, read without: */
    _Atomic uint32_t count;
    struct {
        _Atomic uint64_t bytes, blocks;
    } pile[LIVE_PILES] __attribute__((aligned(64)));
} __attribute__((aligned(128)));

struct live {
    struct group     group[GROUPS];
    struct slot     *first, *further;
    uint32_t         max_recs, group_max;
    _Atomic uint32_t granted; /* records, to groups */
    _Atomic uint32_t drawn;   /* further slots, by groups */
};

/* Where an address belongs: in which group, and which hash its bucket there is found by. */
struct place {
    struct group *group;
    uint32_t      hash;
};

static inline struct place place_of(struct live *t, uintptr_t addr)
{
    uint64_t region = hash_high(addr >> REGION_BITS);
    uint32_t within = (uint32_t)(addr >> SPACING_BITS) + (uint32_t)(addr >> PAGE_BITS);
    return (struct place){ &t->group[region >> (64 - GROUP_BITS)], (uint32_t)(region >> (64 - GROUP_BITS - 32)) + within };
}

enum weir_rc live_new(struct live **out, uint32_t max_recs)
{
    if (max_recs < MIN_RECS || max_recs > MAX_RECS)
        return WEIR_EINVAL;
    struct live *t = arena_map(sizeof *t);
    if (t == NULL)
        return WEIR_ENOMEM;
    t->max_recs = max_recs;
    t->group_max = max_recs / GROUPS * 2; /* a group may hold twice the mean before its chains grow longer */
    t->first = arena_map((size_t)t->group_max * GROUPS * sizeof *t->first);
    t->further = arena_map((size_t)max_recs * sizeof *t->further);
    if (t->first == NULL || t->further == NULL) {
        live_delete(t);
        return WEIR_ENOMEM;
    }
    for (uint32_t g = 0; g < GROUPS; g++) {
        lock_init(&t->group[g].lock, LOCK_RANK_LIVE);
        t->group[g].bucket = t->first + (size_t)g * t->group_max;
        t->group[g].buckets = 1;
    }
    *out = t;
    return WEIR_OK;
}

void live_delete(struct live *t)
{
    arena_unmap(t->first, (size_t)t->group_max * GROUPS * sizeof *t->first);
    arena_unmap(t->further, (size_t)t->max_recs * sizeof *t->further);
    arena_unmap(t, sizeof *t);
}

/* Linear hashing: `buckets` is between 2^k and 2^(k+1); those below buckets - 2^k are already split. */
static inline struct slot *bucket_of(const struct group *g, uint32_t hash)
{
    uint32_t low = 1U << (31 - __builtin_clz(g->buckets));
    uint32_t b = hash & (2 * low - 1);
    return &g->bucket[b < g->buckets ? b : hash & (low - 1)];
}

static struct slot *further(const struct live *t, uint32_t link)
{
    return &t->further[link - FIRST];
}

/* CHUNK of `bound` things; *at: the first of them. */
static bool take_chunk(_Atomic uint32_t *taken, uint32_t bound, uint32_t *at)
{
    if (atomic_load_explicit(taken, memory_order_relaxed) > bound - CHUNK)
        return false;
    *at = atomic_fetch_add_explicit(taken, CHUNK, memory_order_relaxed);
    return *at <= bound - CHUNK;
}

/* A further slot; EMPTY when there is none. */
static uint32_t draw_locked(struct live *t, struct group *g)
{
    if (g->vacant != EMPTY) {
        uint32_t link = g->vacant;
        g->vacant = further(t, link)->next;
        return link;
    }
    if (g->chunk_left == 0) {
        if (!take_chunk(&t->drawn, t->max_recs, &g->chunk))
            return EMPTY;
        g->chunk_left = CHUNK;
    }
    return FIRST + g->chunk + --g->chunk_left;
}

static void give_back_locked(struct live *t, struct group *g, uint32_t link)
{
    further(t, link)->next = g->vacant;
    g->vacant = link;
}

/* Into the bucket itself when that is free: then the further slot it comes from, if any, is. */
static void settle_locked(struct live *t, struct group *g, struct slot *bucket, struct slot rec, uint32_t link)
{
    if (bucket->next == EMPTY) {
        *bucket = rec;
        bucket->next = LAST;
        if (link != EMPTY)
            give_back_locked(t, g, link);
    } else {
        *further(t, link) = rec;
        further(t, link)->next = bucket->next;
        bucket->next = link;
    }
}

/* The record in the bucket itself goes first, and finds its place free. */
static void split_locked(struct live *t, struct group *g)
{
    uint32_t low = 1U << (31 - __builtin_clz(g->buckets));
    struct slot *from = &g->bucket[g->buckets++ - low], first = *from;
    from->next = EMPTY;
    if (first.next == EMPTY)
        return;
    settle_locked(t, g, bucket_of(g, place_of(t, first.addr).hash), first, EMPTY);
    for (uint32_t rest = first.next; rest != LAST;) {
        uint32_t link = rest;
        struct slot rec = *further(t, link);
        rest = rec.next;
        settle_locked(t, g, bucket_of(g, place_of(t, rec.addr).hash), rec, link);
    }
}

/* *before: the one it hangs on, NULL for a bucket's own. */
static inline struct slot *find_locked(const struct live *t, const struct group *g, uint32_t hash, uintptr_t addr, struct slot **before)
{
    struct slot *s = bucket_of(g, hash);
    *before = NULL;
    if (s->next == EMPTY)
        return NULL;
    while (s->addr != addr) {
        if (s->next == LAST)
            return NULL;
        *before = s;
        s = further(t, s->next);
    }
    return s;
}

/* One more record without owner, or (sign -1) one less. Plain loads and stores: the lock is ours. */
static inline void count_ownerless_locked(struct group *g, struct live_rec rec, int sign)
{
    if (!live_ownerless(rec))
        return;
    unsigned pile = LIVE_NO_OWNER - rec.owner;
    uint64_t blocks = atomic_load_explicit(&g->pile[pile].blocks, memory_order_relaxed);
    uint64_t bytes = atomic_load_explicit(&g->pile[pile].bytes, memory_order_relaxed);
    atomic_store_explicit(&g->pile[pile].blocks, sign > 0 ? blocks + 1 : blocks - 1, memory_order_relaxed);
    atomic_store_explicit(&g->pile[pile].bytes, sign > 0 ? bytes + rec.bytes : bytes - rec.bytes, memory_order_relaxed);
}

static struct live_rec rec_of(const struct slot *s)
{
    return (struct live_rec){ s->bytes, s->owner, s->mean };
}

static bool is_granted_locked(struct live *t, struct group *g, uint32_t count)
{
    uint32_t at;
    if (count < g->granted)
        return true;
    if (!take_chunk(&t->granted, t->max_recs, &at))
        return false;
    g->granted += CHUNK;
    return true;
}

static inline enum weir_rc insert_locked(struct live *t, struct group *g, uint32_t hash, uintptr_t addr, struct live_rec rec)
{
    uint32_t count = atomic_load_explicit(&g->count, memory_order_relaxed), link = EMPTY;
    struct slot *bucket = bucket_of(g, hash);
    if (!is_granted_locked(t, g, count) || (bucket->next != EMPTY && (link = draw_locked(t, g)) == EMPTY))
        return WEIR_EFULL;
    settle_locked(t, g, bucket, (struct slot){ addr, rec.bytes, rec.owner, rec.mean, LAST }, link);
    atomic_store_explicit(&g->count, count + 1, memory_order_relaxed);
    count_ownerless_locked(g, rec, 1);
    if (count + 1 > g->buckets && g->buckets < t->group_max)
        split_locked(t, g);
    return WEIR_OK;
}

enum weir_rc live_put(struct live *t, uintptr_t addr, struct live_rec rec, bool *stale, struct live_rec *old)
{
    struct place place = place_of(t, addr);
    struct group *g = place.group;
    struct slot  *before;
    enum weir_rc rc = WEIR_OK;
    lock_take(&g->lock);
    struct slot *s = find_locked(t, g, place.hash, addr, &before);
    *stale = s != NULL;
    if (s != NULL) {
        *old = rec_of(s);
        s->bytes = rec.bytes;
        s->owner = rec.owner;
        s->mean = rec.mean;
        count_ownerless_locked(g, *old, -1);
        count_ownerless_locked(g, rec, 1);
    } else {
        rc = insert_locked(t, g, place.hash, addr, rec);
    }
    lock_drop(&g->lock);
    return rc;
}

static inline void remove_locked(struct live *t, struct group *g, struct slot *s, struct slot *before)
{
    struct live_rec rec = rec_of(s);
    uint32_t next = s->next;
    if (before != NULL) {
        uint32_t link = before->next;
        before->next = next;
        give_back_locked(t, g, link);
    } else if (next == LAST) {
        s->next = EMPTY;
    } else {
        *s = *further(t, next);
        give_back_locked(t, g, next);
    }
    atomic_store_explicit(&g->count, atomic_load_explicit(&g->count, memory_order_relaxed) - 1, memory_order_relaxed);
    count_ownerless_locked(g, rec, -1);
}

bool live_take(struct live *t, uintptr_t addr, struct live_rec *rec)
{
    struct place place = place_of(t, addr);
    struct slot *before;
    lock_take(&place.group->lock);
    struct slot *s = find_locked(t, place.group, place.hash, addr, &before);
    if (s != NULL) {
        *rec = rec_of(s);
        remove_locked(t, place.group, s, before);
    }
    lock_drop(&place.group->lock);
    return s != NULL;
}

bool live_take_same(struct live *t, uintptr_t addr, struct live_rec rec)
{
    struct place place = place_of(t, addr);
    struct slot *before;
    lock_take(&place.group->lock);
    struct slot *s = find_locked(t, place.group, place.hash, addr, &before);
    bool found = s != NULL && s->bytes == rec.bytes && s->owner == rec.owner;
    if (found)
        remove_locked(t, place.group, s, before);
    lock_drop(&place.group->lock);
    return found;
}

bool live_has(struct live *t, uintptr_t addr)
{
    struct place place = place_of(t, addr);
    struct slot *before;
    lock_take(&place.group->lock);
    bool present = find_locked(t, place.group, place.hash, addr, &before) != NULL;
    lock_drop(&place.group->lock);
    return present;
}

uint64_t live_count(const struct live *t)
{
    uint64_t sum = 0;
    for (uint32_t g = 0; g < GROUPS; g++)
        sum += atomic_load_explicit(&t->group[g].count, memory_order_relaxed);
    return sum;
}

/* Copies what a few buckets hold; returns how many records. A chain that does not fit is cut. */
static size_t copy_buckets(struct live *t, struct group *g, uint32_t *bucket, uint64_t least, struct slot *out, size_t max)
{
    size_t count = 0;
    lock_take(&g->lock);
    for (uint32_t end = *bucket + VISIT_BUCKETS; *bucket < g->buckets && *bucket < end; ++*bucket) {
        const struct slot *s = &g->bucket[*bucket];
        for (uint32_t next = s->next; next != EMPTY; next = s->next) {
            if (s->bytes >= least && count < max)
                out[count++] = *s;
            if (next == LAST)
                break;
            s = further(t, next);
        }
    }
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
                visit(with, copy[i].addr, rec_of(&copy[i]));
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
