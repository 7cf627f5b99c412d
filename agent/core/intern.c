/* SPDX-License-Identifier: Apache-2.0 */
/* intern.c: open-addressing table of ids over an append-only arena.
 * An id is the entry's offset in the arena divided by 8, plus 1, so 0 stays free for "none".
 * Invariant:  a slot goes from 0 to an id once and never changes again; half of the slots stay empty.
 * Bound:      arena bytes and max entries; what does not fit is counted and gets id 0.
 * Concurrent: lookups take no lock; insertion takes the table's leaf lock and looks again. */
#include "core/intern.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/poison.h"

struct entry {
    uint32_t hash;
    uint32_t len;
    char     data[];
};

struct intern {
    struct lock       lock;
    struct arena      text;
    uint32_t          max, mask; /* mask + 1 = 2 * max slots */
    uint32_t          count;     /* protected by lock */
    atomic_ullong     dropped;
    _Atomic uint32_t *slots;
    void             *slots_map; /* the same pages, for arena_unmap() */
};

static size_t slots_bytes(const struct intern *t)
{
    return ((size_t)t->mask + 1) * sizeof *t->slots;
}

enum weir_rc intern_new(struct intern **out, uint32_t bytes, uint32_t max)
{
    struct intern *t = arena_map(sizeof *t);
    if (t == NULL)
        return WEIR_ENOMEM;
    lock_init(&t->lock, LOCK_RANK_INTERN);
    t->max = max;
    t->mask = 2 * max - 1;
    t->slots_map = arena_map(slots_bytes(t));
    t->slots = t->slots_map;
    if (t->slots == NULL || arena_init(&t->text, bytes) != WEIR_OK) {
        intern_delete(t);
        return WEIR_ENOMEM;
    }
    *out = t;
    return WEIR_OK;
}

void intern_delete(struct intern *t)
{
    arena_unmap(t->slots_map, slots_bytes(t));
    arena_destroy(&t->text);
    arena_unmap(t, sizeof *t);
}

static struct entry *entry_at(const struct intern *t, uint32_t id)
{
    return (struct entry *)(void *)(t->text.base + (size_t)(id - 1) * 8);
}

/* The id, or 0 with *slot at the empty slot that ended the search. */
static uint32_t find(const struct intern *t, uint32_t hash, const void *bytes, uint32_t len, uint32_t *slot)
{
    for (uint32_t i = hash & t->mask;; i = (i + 1) & t->mask) {
        /* Acquire: the entry's bytes are visible to whoever sees its id. Pairs with the release in intern_put(). */
        uint32_t id = atomic_load_explicit(&t->slots[i], memory_order_acquire);
        *slot = i;
        if (id == 0)
            return 0;
        const struct entry *e = entry_at(t, id);
        if (e->hash == hash && e->len == len && memcmp(e->data, bytes, len) == 0)
            return id;
    }
}

static uint32_t append_locked(struct intern *t, uint32_t hash, const void *bytes, uint32_t len)
{
    struct entry *e = t->count < t->max ? arena_alloc(&t->text, sizeof *e + len) : NULL;
    if (e == NULL)
        return 0;
    e->hash = hash;
    e->len = len;
    memcpy(e->data, bytes, len);
    t->count++;
    return (uint32_t)(((char *)e - t->text.base) / 8) + 1;
}

uint32_t intern_put(struct intern *t, const void *bytes, uint32_t len)
{
    uint32_t hash = (uint32_t)hash_bytes(bytes, len), slot;
    uint32_t id = find(t, hash, bytes, len, &slot);
    if (id != 0)
        return id;
    lock_take(&t->lock);
    id = find(t, hash, bytes, len, &slot);
    if (id == 0) {
        id = append_locked(t, hash, bytes, len);
        if (id != 0)
            atomic_store_explicit(&t->slots[slot], id, memory_order_release);
    }
    lock_drop(&t->lock);
    if (id == 0)
        atomic_fetch_add_explicit(&t->dropped, 1, memory_order_relaxed);
    return id;
}

const void *intern_get(const struct intern *t, uint32_t id, uint32_t *len)
{
    const struct entry *e = entry_at(t, id);
    if (len != NULL)
        *len = e->len;
    return e->data;
}

uint64_t intern_dropped(const struct intern *t)
{
    return atomic_load_explicit(&t->dropped, memory_order_relaxed);
}
