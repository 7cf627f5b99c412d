/* SPDX-License-Identifier: Apache-2.0 */
/* ranges.c: a sorted array without overlaps. Mappings are rare and large; libraries have tens of them, so moving the tail of the
 * array costs less than the system call beside it.
 * Bound:      RANGES ranges. A cut in the middle of one makes two; where there is no room the upper part is let go with the
 *             piece (the caller sees its size).
 * Concurrent: one leaf lock for all. */
#include "core/ranges.h"

#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "base/lock.h"
#include "base/poison.h"

enum { VISITED = 64 }; /* copied under the lock at once */

struct ranges {
    struct lock    lock;
    _Atomic size_t count; /* written under lock */
    struct range   at[RANGES];
};

enum weir_rc ranges_new(struct ranges **out)
{
    struct ranges *r = arena_map(sizeof *r);
    if (r == NULL)
        return WEIR_ENOMEM;
    lock_init(&r->lock, LOCK_RANK_LIVE);
    *out = r;
    return WEIR_OK;
}

void ranges_delete(struct ranges *r)
{
    arena_unmap(r, sizeof *r);
}

size_t ranges_count(const struct ranges *r)
{
    return atomic_load_explicit(&r->count, memory_order_relaxed);
}

/* The first that ends behind this address. */
static size_t find_locked(const struct ranges *r, uintptr_t addr)
{
    size_t low = 0, high = ranges_count(r);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (r->at[middle].to <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert_locked(struct ranges *r, size_t i, struct range range)
{
    size_t count = ranges_count(r);
    memmove(&r->at[i + 1], &r->at[i], (count - i) * sizeof range);
    r->at[i] = range;
    atomic_store_explicit(&r->count, count + 1, memory_order_relaxed);
}

static void remove_locked(struct ranges *r, size_t i)
{
    size_t count = ranges_count(r);
    memmove(&r->at[i], &r->at[i + 1], (count - i - 1) * sizeof r->at[0]);
    atomic_store_explicit(&r->count, count - 1, memory_order_relaxed);
}

enum weir_rc ranges_put(struct ranges *r, struct range range)
{
    enum weir_rc rc = WEIR_EFULL;
    lock_take(&r->lock);
    if (ranges_count(r) < RANGES) {
        insert_locked(r, find_locked(r, range.from), range);
        rc = WEIR_OK;
    }
    lock_drop(&r->lock);
    return rc;
}

/* Takes [from, to) off the range at i, which it meets. */
static struct range cut_locked(struct ranges *r, size_t i, uintptr_t from, uintptr_t to, unsigned *left)
{
    struct range whole = r->at[i];
    struct range piece = { whole.from > from ? whole.from : from, whole.to < to ? whole.to : to, whole.owner };
    bool below = whole.from < piece.from, above = whole.to > piece.to;
    if (below && above && ranges_count(r) == RANGES) {
        piece.to = whole.to;
        above = false;
    }
    *left = (unsigned)below + (unsigned)above;
    if (!below && !above)
        remove_locked(r, i);
    if (below)
        r->at[i].to = piece.from;
    if (above && below)
        insert_locked(r, i + 1, (struct range){ piece.to, whole.to, whole.owner });
    else if (above)
        r->at[i].from = piece.to;
    return piece;
}

bool ranges_cut(struct ranges *r, uintptr_t from, uintptr_t to, struct range *out, unsigned *left)
{
    lock_take(&r->lock);
    size_t i = find_locked(r, from);
    bool found = from < to && i < ranges_count(r) && r->at[i].from < to;
    if (found)
        *out = cut_locked(r, i, from, to, left);
    lock_drop(&r->lock);
    return found;
}

void ranges_each(struct ranges *r, void (*visit)(void *with, struct range range), void *with)
{
    struct range copy[VISITED];
    uintptr_t    from = 0;
    for (size_t count = VISITED; count == VISITED;) {
        lock_take(&r->lock);
        size_t at = find_locked(r, from), all = ranges_count(r);
        for (count = 0; at < all && count < VISITED; at++)
            copy[count++] = r->at[at];
        lock_drop(&r->lock);
        for (size_t i = 0; i < count; i++)
            visit(with, copy[i]);
        from = count > 0 ? copy[count - 1].to : from;
    }
}
