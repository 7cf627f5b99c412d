/* SPDX-License-Identifier: Apache-2.0 */
/* handles.c: two tables that the books have too: handle -> class and owner (core/live), and how many each owner holds
 * (core/owners, in units instead of bytes). An owner is a class and the stack that opened it.
 * Order:      opened: class, owner, record; closed: record, owner, class. So a record always points to an owner that counts it.
 * Bound:      CLASSES classes, RECORDS open handles, HANDLES_SIZED with a capacity; what does not fit is counted.
 * Concurrent: counts are atomics; the list of sizes has a leaf lock. */
#include "core/handles.h"

#include <stdatomic.h>

#include "base/arena.h"
#include "base/lock.h"
#include "core/live.h"
#include "base/poison.h"

enum { RECORDS = 1 << 20, WALKS = 200 /* a second, of each class: half a percent of one CPU */ };

struct class_counts {
    uint32_t      name, library;
    atomic_ullong opened, closed;
    atomic_int    walks; /* still to be spent in this second */
    atomic_bool   sized; /* some of its handles have a capacity */
};

struct handles {
    struct live        *live;
    struct owners      *owners;
    struct lock         lock; /* protects sizes, and the growth of classes */
    _Atomic uint32_t    classes;
    struct class_counts of[HANDLES_CLASSES];
    struct handles_size size[HANDLES_SIZED]; /* handle 0: free */
    atomic_ullong       unknown, stale, dropped;
};

enum weir_rc handles_new(struct handles **out)
{
    struct handles *t = arena_map(sizeof *t);
    if (t == NULL)
        return WEIR_ENOMEM;
    lock_init(&t->lock, LOCK_RANK_LIVE);
    if (live_new(&t->live, RECORDS) != WEIR_OK || owners_new(&t->owners) != WEIR_OK) {
        handles_delete(t);
        return WEIR_ENOMEM;
    }
    *out = t;
    return WEIR_OK;
}

void handles_delete(struct handles *t)
{
    if (t->live != NULL)
        live_delete(t->live);
    if (t->owners != NULL)
        owners_delete(t->owners);
    arena_unmap(t, sizeof *t);
}

static uint32_t find_class(const struct handles *t, uint32_t count, uint32_t name, uint32_t library)
{
    for (uint32_t i = 0; i < count; i++)
        if (t->of[i].name == name && t->of[i].library == library)
            return i + 1;
    return HANDLES_NO_CLASS;
}

uint32_t handles_class(struct handles *t, uint32_t name, uint32_t library)
{
    lock_take(&t->lock);
    uint32_t count = atomic_load_explicit(&t->classes, memory_order_relaxed);
    uint32_t number = find_class(t, count, name, library);
    if (number == HANDLES_NO_CLASS && count < HANDLES_CLASSES) {
        t->of[count].name = name;
        t->of[count].library = library;
        atomic_store_explicit(&t->of[count].walks, WALKS, memory_order_relaxed);
        /* Release: its name is visible to whoever sees the count. Pairs with the acquire in handles_read(). */
        atomic_store_explicit(&t->classes, count + 1, memory_order_release);
        number = count + 1;
    }
    lock_drop(&t->lock);
    return number;
}

bool handles_walk(struct handles *t, uint32_t number)
{
    atomic_int *walks = &t->of[number - 1].walks;
    return atomic_load_explicit(walks, memory_order_relaxed) > 0 && atomic_fetch_sub_explicit(walks, 1, memory_order_relaxed) > 0;
}

/* Everything but the record. */
static void count_closed(struct handles *t, struct live_rec rec)
{
    owners_discharge(t->owners, rec.owner, 1);
    /* Release: pairs with the acquire in handles_read(). */
    atomic_fetch_add_explicit(&t->of[rec.bytes - 1].closed, 1, memory_order_release);
}

void handles_opened(struct handles *t, uint32_t number, uintptr_t handle, const struct owner_key *creator, int64_t coarse_ms)
{
    struct owner_key key = creator != NULL ? *creator : (struct owner_key){ .decider = -1 };
    struct live_rec  old;
    bool             stale;
    key.loader = number;
    key.component = WEIR_MANAGED;
    key.kind = WEIR_KIND_NATIVE;
    atomic_fetch_add_explicit(&t->of[number - 1].opened, 1, memory_order_relaxed);
    struct live_rec rec = { number, owners_charge(t->owners, &key, 1, coarse_ms), 0 };
    if (live_put(t->live, handle, rec, &stale, &old) != WEIR_OK) {
        count_closed(t, rec);
        atomic_fetch_add_explicit(&t->dropped, 1, memory_order_relaxed);
    } else if (stale) {
        count_closed(t, old);
        atomic_fetch_add_explicit(&t->stale, 1, memory_order_relaxed);
    }
}

void handles_sized(struct handles *t, uint32_t number, uintptr_t handle, uint64_t capacity, uintptr_t charges, int64_t coarse_ms)
{
    uint32_t i = 0;
    atomic_store_explicit(&t->of[number - 1].sized, true, memory_order_relaxed); /* seen by whoever closes: Java handed it on */
    lock_take(&t->lock);
    while (i < HANDLES_SIZED && t->size[i].handle != 0 && t->size[i].handle != handle)
        i++;
    if (i < HANDLES_SIZED)
        t->size[i] = (struct handles_size){ handle, charges, capacity, coarse_ms };
    lock_drop(&t->lock);
    if (i == HANDLES_SIZED)
        atomic_fetch_add_explicit(&t->dropped, 1, memory_order_relaxed);
}

static void forget_size(struct handles *t, uintptr_t handle)
{
    lock_take(&t->lock);
    for (uint32_t i = 0; i < HANDLES_SIZED; i++)
        if (t->size[i].handle == handle)
            t->size[i] = (struct handles_size){ 0, 0, 0, 0 };
    lock_drop(&t->lock);
}

bool handles_closed(struct handles *t, uintptr_t handle)
{
    struct live_rec rec;
    if (!live_take(t->live, handle, &rec)) {
        atomic_fetch_add_explicit(&t->unknown, 1, memory_order_relaxed);
        return false;
    }
    if (atomic_load_explicit(&t->of[rec.bytes - 1].sized, memory_order_relaxed))
        forget_size(t, handle);
    count_closed(t, rec);
    return true;
}

void handles_tick(struct handles *t)
{
    uint32_t count = atomic_load_explicit(&t->classes, memory_order_acquire);
    for (uint32_t i = 0; i < count; i++)
        atomic_store_explicit(&t->of[i].walks, WALKS, memory_order_relaxed);
    owners_reclaim(t->owners);
}

bool handles_read(const struct handles *t, uint32_t number, struct handles_class *out)
{
    if (number == HANDLES_NO_CLASS || number > atomic_load_explicit(&t->classes, memory_order_acquire))
        return false;
    const struct class_counts *c = &t->of[number - 1];
    out->name = c->name;
    out->library = c->library;
    /* Acquire: what was closed until now was opened before, and is seen below. */
    out->closed = atomic_load_explicit(&c->closed, memory_order_acquire);
    out->opened = atomic_load_explicit(&c->opened, memory_order_relaxed);
    return true;
}

void handles_each(struct handles *t, void (*visit)(void *with, const struct owner_view *), void *with)
{
    owners_each(t->owners, visit, with);
}

uint32_t handles_sizes(struct handles *t, struct handles_size out[HANDLES_SIZED])
{
    uint32_t count = 0;
    lock_take(&t->lock);
    for (uint32_t i = 0; i < HANDLES_SIZED; i++)
        if (t->size[i].handle != 0)
            out[count++] = t->size[i];
    lock_drop(&t->lock);
    return count;
}

struct handles_loss handles_losses(const struct handles *t)
{
    return (struct handles_loss){ atomic_load_explicit(&t->unknown, memory_order_relaxed),
                                  atomic_load_explicit(&t->stale, memory_order_relaxed),
                                  atomic_load_explicit(&t->dropped, memory_order_relaxed) };
}
