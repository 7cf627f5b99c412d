/* SPDX-License-Identifier: Apache-2.0 */
/* owners.c: fixed array of owners, chained from buckets, with a free list.
 * The first PLAIN entries are the owners without stack, one per component and kind: always there, never chained.
 * Invariant:  an owner with live blocks is never reclaimed; charge raises the count under the group's lock, reclaim looks
 *             under the same lock, so an index in a live record stays valid until its discharge.
 * Bound:      OWNERS entries of 64 bytes, touched as used.
 * Concurrent: one leaf lock per bucket group for lookup and insertion; bytes and count are atomics. */
#include "core/owners.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/lock.h"
#include "core/libraries.h"
#include "base/poison.h"

enum { OWNERS = 1 << 16, BUCKETS = 1 << 14, LOCKS = 64, PLAIN = WEIR_COMPONENT_COUNT * WEIR_KIND_COUNT };

struct owner {
    struct owner_key key;
    uint32_t         next;  /* index + 1 */
    atomic_ullong    bytes, count, weight;
    atomic_llong     since_ms;
};

struct owners {
    struct lock      lock[LOCKS];
    struct lock      free_lock;
    uint32_t         vacant;       /* index + 1 of the first reclaimed entry; protected by free_lock, as fresh */
    uint32_t         fresh;
    _Atomic uint32_t in_use;
    atomic_ullong    dropped;
    const struct libraries *libraries; /* NULL: owners have no pile */
    uint32_t         head[BUCKETS]; /* index + 1; protected by lock[bucket % LOCKS] */
    struct owner     owner[OWNERS];
};

enum weir_rc owners_new(struct owners **out)
{
    struct owners *t = arena_map(sizeof *t);
    if (t == NULL)
        return WEIR_ENOMEM;
    for (int i = 0; i < LOCKS; i++)
        lock_init(&t->lock[i], LOCK_RANK_OWNERS);
    lock_init(&t->free_lock, LOCK_RANK_LIVE); /* inside a group's lock */
    t->fresh = PLAIN;
    for (uint32_t i = 0; i < PLAIN; i++)
        t->owner[i].key = (struct owner_key){ .component = (uint8_t)(i / WEIR_KIND_COUNT),
                                              .kind = (uint8_t)(i % WEIR_KIND_COUNT), .decider = -1 };
    *out = t;
    return WEIR_OK;
}

void owners_delete(struct owners *t)
{
    arena_unmap(t, sizeof *t);
}

static void add_block(struct owner *o, uint64_t bytes, int64_t coarse_ms)
{
    atomic_fetch_add_explicit(&o->bytes, bytes, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&o->count, 1, memory_order_relaxed) == 0)
        atomic_store_explicit(&o->since_ms, coarse_ms, memory_order_relaxed);
}

static uint32_t draw(struct owners *t)
{
    lock_take(&t->free_lock);
    uint32_t at = t->vacant;
    if (at != 0)
        t->vacant = t->owner[at - 1].next;
    else if (t->fresh < OWNERS)
        at = ++t->fresh;
    lock_drop(&t->free_lock);
    return at;
}

/* Index + 1 of the key's owner, made at first sight; 0 when the table is full. */
static uint32_t find_or_add_locked(struct owners *t, uint32_t *head, const struct owner_key *key)
{
    for (uint32_t at = *head; at != 0; at = t->owner[at - 1].next)
        if (memcmp(&t->owner[at - 1].key, key, sizeof *key) == 0)
            return at;
    uint32_t at = draw(t);
    if (at == 0)
        return 0;
    t->owner[at - 1].key = *key;
    t->owner[at - 1].next = *head;
    *head = at;
    atomic_fetch_add_explicit(&t->in_use, 1, memory_order_relaxed);
    return at;
}

bool owners_charge_if(struct owners *t, const struct owner_key *key, uint64_t bytes, uint64_t weight, int64_t coarse_ms, uint32_t *owner)
{
    uint32_t bucket = (uint32_t)hash_bytes(key, sizeof *key) % BUCKETS;
    struct lock *lock = &t->lock[bucket % LOCKS];
    lock_take(lock);
    uint32_t at = find_or_add_locked(t, &t->head[bucket], key);
    if (at != 0) {
        add_block(&t->owner[at - 1], bytes, coarse_ms);
        if (weight != 0)
            atomic_fetch_add_explicit(&t->owner[at - 1].weight, weight, memory_order_relaxed);
    }
    lock_drop(lock);
    if (at == 0)
        atomic_fetch_add_explicit(&t->dropped, 1, memory_order_relaxed);
    else
        *owner = at - 1;
    return at != 0;
}

uint32_t owners_charge(struct owners *t, const struct owner_key *key, uint64_t bytes, int64_t coarse_ms)
{
    uint32_t owner;
    if (owners_charge_if(t, key, bytes, 0, coarse_ms, &owner))
        return owner;
    return owners_charge_plain(t, key->component, key->kind, bytes, coarse_ms);
}

uint32_t owners_charge_plain(struct owners *t, enum weir_component component, enum weir_kind kind, uint64_t bytes,
                             int64_t coarse_ms)
{
    uint32_t i = (uint32_t)component * WEIR_KIND_COUNT + (uint32_t)kind;
    add_block(&t->owner[i], bytes, coarse_ms);
    return i;
}

void owners_discharge(struct owners *t, uint32_t owner, uint64_t bytes)
{
    atomic_fetch_sub_explicit(&t->owner[owner].bytes, bytes, memory_order_relaxed);
    /* Release: the bytes went before the count, so a reclaimer that sees count 0 sees them gone. */
    atomic_fetch_sub_explicit(&t->owner[owner].count, 1, memory_order_release);
}

void owners_again(struct owners *t, uint32_t owner, uint64_t bytes)
{
    atomic_fetch_add_explicit(&t->owner[owner].bytes, bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&t->owner[owner].count, 1, memory_order_relaxed);
}

void owners_lighten(struct owners *t, uint32_t owner, uint64_t weight)
{
    atomic_fetch_sub_explicit(&t->owner[owner].weight, weight, memory_order_relaxed);
}

void owners_follow(struct owners *t, const struct libraries *libraries)
{
    t->libraries = libraries;
}

struct owner_key owners_key(const struct owners *t, uint32_t owner)
{
    return t->owner[owner].key;
}

/* Sampled blocks speak for others too. */
static uint64_t size_of(const struct owner_view *v)
{
    return v->bytes + v->weight;
}

static void keep_if_big(struct owner_view *out, size_t *found, size_t max, const struct owner_view *candidate)
{
    size_t i = *found < max ? (*found)++ : max;
    if (i == max && (max == 0 || size_of(&out[--i]) >= size_of(candidate)))
        return;
    for (; i > 0 && size_of(&out[i - 1]) < size_of(candidate); i--)
        out[i] = out[i - 1];
    out[i] = *candidate;
}

static bool wanted(const struct owner_key *key, unsigned component)
{
    if (component == OWNERS_DIRECT)
        return key->kind == WEIR_KIND_DIRECT && key->component != WEIR_NETWORK;
    if (component == OWNERS_BUFFERS)
        return (key->kind == WEIR_KIND_DIRECT || key->kind == WEIR_KIND_UNSAFE) && key->component != WEIR_NETWORK &&
               key->component != WEIR_MANAGED;
    return component == WEIR_COMPONENT_COUNT || key->component == component;
}

static struct owner_view view_of(const struct owners *t, const struct owner *o)
{
    struct owner_view v = { o->key, atomic_load_explicit(&o->bytes, memory_order_relaxed),
                            atomic_load_explicit(&o->count, memory_order_relaxed),
                            atomic_load_explicit(&o->since_ms, memory_order_relaxed),
                            atomic_load_explicit(&o->weight, memory_order_relaxed) };
    if (v.key.pile != 0 && t->libraries != NULL)
        v.key.component = (uint8_t)libraries_component(t->libraries, v.key.pile);
    return v;
}

static void look_at(const struct owners *t, const struct owner *o, enum weir_component component, struct owner_view *out, size_t *found,
                    size_t max)
{
    struct owner_view v = view_of(t, o);
    if (v.count != 0 && wanted(&v.key, component))
        keep_if_big(out, found, max, &v);
}

size_t owners_top(struct owners *t, enum weir_component component, struct owner_view *out, size_t max)
{
    size_t found = 0;
    for (uint32_t i = 0; i < PLAIN; i++)
        look_at(t, &t->owner[i], component, out, &found, max);
    for (uint32_t b = 0; b < BUCKETS; b++) {
        lock_take(&t->lock[b % LOCKS]);
        for (uint32_t at = t->head[b]; at != 0; at = t->owner[at - 1].next)
            look_at(t, &t->owner[at - 1], component, out, &found, max);
        lock_drop(&t->lock[b % LOCKS]);
    }
    return found;
}

void owners_each(struct owners *t, void (*visit)(void *with, const struct owner_view *), void *with)
{
    for (uint32_t b = 0; b < BUCKETS; b++) {
        lock_take(&t->lock[b % LOCKS]);
        for (uint32_t at = t->head[b]; at != 0; at = t->owner[at - 1].next) {
            struct owner_view v = view_of(t, &t->owner[at - 1]);
            if (v.count != 0)
                visit(with, &v);
        }
        lock_drop(&t->lock[b % LOCKS]);
    }
}

static uint32_t reclaim_chain_locked(struct owners *t, uint32_t *link)
{
    uint32_t gone = 0;
    while (*link != 0) {
        uint32_t at = *link;
        struct owner *o = &t->owner[at - 1];
        /* Acquire: pairs with the release in owners_discharge(). */
        if (atomic_load_explicit(&o->count, memory_order_acquire) != 0) {
            link = &o->next;
            continue;
        }
        *link = o->next;
        lock_take(&t->free_lock);
        o->next = t->vacant;
        t->vacant = at;
        lock_drop(&t->free_lock);
        gone++;
    }
    return gone;
}

uint32_t owners_reclaim(struct owners *t)
{
    uint32_t gone = 0;
    if (atomic_load_explicit(&t->in_use, memory_order_relaxed) < (OWNERS - PLAIN) / 4 * 3)
        return 0;
    for (uint32_t b = 0; b < BUCKETS; b++) {
        lock_take(&t->lock[b % LOCKS]);
        gone += reclaim_chain_locked(t, &t->head[b]);
        lock_drop(&t->lock[b % LOCKS]);
    }
    atomic_fetch_sub_explicit(&t->in_use, gone, memory_order_relaxed);
    return gone;
}

uint64_t owners_dropped(const struct owners *t)
{
    return atomic_load_explicit(&t->dropped, memory_order_relaxed);
}
