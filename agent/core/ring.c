/* SPDX-License-Identifier: Apache-2.0 */
/* ring.c: bounded queue, many writers, one reader. Each slot carries a turn number:
 *     turn == ticket           the slot is empty and belongs to the writer who draws that ticket
 *     turn == ticket + 1       it is filled and belongs to the reader
 *     turn == ticket + SLOTS   the reader is done: empty for the next round
 * Bound: SLOTS events. Progress: a writer that is descheduled between draw and fill holds up the reader, never another
 * writer; the reader simply looks again at its next tick. */
#include "core/ring.h"

#include <stdatomic.h>

#include "base/arena.h"
#include "base/poison.h"

enum { SLOTS = 256, KEPT = SLOTS / 4 };

struct ring {
    atomic_uint   head; /* next ticket to write */
    atomic_uint   tail; /* next to read; written by the reader */
    atomic_ullong dropped[RING_TYPES];
    struct {
        atomic_uint       turn;
        struct ring_event event;
    } slot[SLOTS];
};

enum weir_rc ring_new(struct ring **out)
{
    struct ring *r = arena_map(sizeof *r);
    if (r == NULL)
        return WEIR_ENOMEM;
    for (uint32_t i = 0; i < SLOTS; i++)
        atomic_init(&r->slot[i].turn, i);
    *out = r;
    return WEIR_OK;
}

void ring_delete(struct ring *r)
{
    arena_unmap(r, sizeof *r);
}

static bool drop(struct ring *r, enum ring_type type)
{
    atomic_fetch_add_explicit(&r->dropped[type], 1, memory_order_relaxed);
    return false;
}

/* Is this ticket's slot one of those kept? The reader's place may be an old one: then a slot too many is kept. */
static bool kept_for_others(struct ring *r, uint32_t ticket, enum ring_type type)
{
    uint32_t taken = ticket - atomic_load_explicit(&r->tail, memory_order_relaxed);
    return type != RING_OOM && type != RING_DENIAL && taken >= SLOTS - KEPT && taken <= SLOTS;
}

bool ring_put(struct ring *r, const struct ring_event *event)
{
    uint32_t ticket = atomic_load_explicit(&r->head, memory_order_relaxed);
    for (;;) {
        if (kept_for_others(r, ticket, event->type))
            return drop(r, event->type);
        /* Acquire: the reader's copy out of this slot is finished. Pairs with its release in ring_take(). */
        uint32_t turn = atomic_load_explicit(&r->slot[ticket % SLOTS].turn, memory_order_acquire);
        if (turn == ticket) {
            if (atomic_compare_exchange_weak_explicit(&r->head, &ticket, ticket + 1, memory_order_relaxed,
                                                      memory_order_relaxed))
                break;
        } else if ((int32_t)(turn - ticket) < 0) {
            return drop(r, event->type);
        } else {
            ticket = atomic_load_explicit(&r->head, memory_order_relaxed);
        }
    }
    r->slot[ticket % SLOTS].event = *event;
    /* Release: the event is whole for the reader that sees this turn. */
    atomic_store_explicit(&r->slot[ticket % SLOTS].turn, ticket + 1, memory_order_release);
    return true;
}

bool ring_take(struct ring *r, struct ring_event *event)
{
    uint32_t ticket = atomic_load_explicit(&r->tail, memory_order_relaxed);
    if (atomic_load_explicit(&r->slot[ticket % SLOTS].turn, memory_order_acquire) != ticket + 1)
        return false;
    *event = r->slot[ticket % SLOTS].event;
    atomic_store_explicit(&r->slot[ticket % SLOTS].turn, ticket + SLOTS, memory_order_release);
    atomic_store_explicit(&r->tail, ticket + 1, memory_order_relaxed);
    return true;
}

uint64_t ring_dropped_of(const struct ring *r, enum ring_type type)
{
    return atomic_load_explicit(&r->dropped[type], memory_order_relaxed);
}

uint64_t ring_dropped(const struct ring *r)
{
    uint64_t sum = 0;
    for (int t = 0; t < RING_TYPES; t++)
        sum += ring_dropped_of(r, (enum ring_type)t);
    return sum;
}
