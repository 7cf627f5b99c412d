/* SPDX-License-Identifier: Apache-2.0 */
/* libraries.c: a fixed array by index.
 * Deciding: configuration and role are known when a library is added. Any other library belongs to whom its Java code belongs
 *           to, which is one class, constant per library: the first walk with a deciding Java frame settles it. So that a
 *           small library need not wait for the sample, an open one has some calls per second walked whatever their size.
 *           OPEN_WALKS walks without such a frame say that no Java code calls it, until one does.
 * Reuse:    the index unused for longest first: a function of ours may be kept by who outlives the library (a table of
 *           callbacks), and then leads where its last owner's did.
 * Concurrent: added and forgotten under the caller's lock; everything else is atomics. */
#include "core/libraries.h"

#include <stdatomic.h>

#include "base/arena.h"
#include "base/poison.h"

enum { ASKS = 4, OPEN_WALKS = 32 };
enum state { VACANT, LOADED, GONE };

struct entry {
    _Atomic uint8_t      state, component, by, asks;
    _Atomic uint32_t     name;
    _Atomic(const char *) why;
    atomic_ullong        bytes, blocks, weight, walks, java, peak;
    atomic_llong         peak_ms;
    uint64_t             left; /* when it became vacant, in libraries_add() calls; the caller's lock */
};

struct libraries {
    struct entry     at[LIBRARIES];
    _Atomic unsigned top;
    uint64_t         changes; /* protected by the caller's lock */
};

enum weir_rc libraries_new(struct libraries **out)
{
    struct libraries *l = arena_map(sizeof *l);
    if (l == NULL)
        return WEIR_ENOMEM;
    *out = l;
    return WEIR_OK;
}

void libraries_delete(struct libraries *l)
{
    arena_unmap(l, sizeof *l);
}

static uint8_t state_of(const struct libraries *l, unsigned i)
{
    return atomic_load_explicit(&l->at[i].state, memory_order_relaxed);
}

/* A number that is free; when none is, that of an earlier copy of this library, which left something behind: the same row. */
static unsigned draw(const struct libraries *l, uint32_t name)
{
    unsigned found = 0;
    for (unsigned i = 1; i < LIBRARIES; i++)
        if (state_of(l, i) == VACANT && (found == 0 || l->at[i].left < l->at[found].left))
            found = i;
    for (unsigned i = 1; i < LIBRARIES && found == 0; i++)
        if (state_of(l, i) == GONE && atomic_load_explicit(&l->at[i].name, memory_order_relaxed) == name)
            found = i;
    return found;
}

unsigned libraries_add(struct libraries *l, uint32_t name, enum library_by by, enum weir_component component, const char *why)
{
    unsigned i = draw(l, name);
    if (i == 0)
        return 0;
    struct entry *e = &l->at[i];
    atomic_store_explicit(&e->name, name, memory_order_relaxed);
    atomic_store_explicit(&e->component, (uint8_t)component, memory_order_relaxed);
    atomic_store_explicit(&e->by, (uint8_t)by, memory_order_relaxed);
    atomic_store_explicit(&e->why, why, memory_order_relaxed);
    atomic_store_explicit(&e->walks, 0, memory_order_relaxed);
    atomic_store_explicit(&e->java, 0, memory_order_relaxed);
    atomic_store_explicit(&e->peak, 0, memory_order_relaxed);
    atomic_store_explicit(&e->peak_ms, 0, memory_order_relaxed);
    atomic_store_explicit(&e->asks, ASKS, memory_order_relaxed);
    /* Release: the fields above. Pairs with the acquire in libraries_read(). */
    atomic_store_explicit(&e->state, LOADED, memory_order_release);
    if (i > atomic_load_explicit(&l->top, memory_order_relaxed))
        atomic_store_explicit(&l->top, i, memory_order_relaxed);
    return i;
}

void libraries_gone(struct libraries *l, unsigned i)
{
    atomic_store_explicit(&l->at[i].state, GONE, memory_order_relaxed);
}

void libraries_forget(struct libraries *l, unsigned i)
{
    if (state_of(l, i) != GONE)
        return;
    l->at[i].left = ++l->changes;
    atomic_store_explicit(&l->at[i].state, VACANT, memory_order_relaxed);
}

static bool is_open(const struct entry *e)
{
    return atomic_load_explicit(&e->by, memory_order_relaxed) <= LIBRARY_BY_WALKS;
}

bool libraries_asks(struct libraries *l, unsigned i)
{
    _Atomic uint8_t *asks = &l->at[i].asks;
    uint8_t left = atomic_load_explicit(asks, memory_order_relaxed);
    return left != 0 && atomic_compare_exchange_strong_explicit(asks, &left, (uint8_t)(left - 1), memory_order_relaxed,
                                                                memory_order_relaxed);
}

static void decide(struct entry *e, enum library_by by, uint8_t component, const char *why)
{
    uint8_t was = atomic_load_explicit(&e->by, memory_order_relaxed);
    if (was >= by || !atomic_compare_exchange_strong_explicit(&e->by, &was, (uint8_t)by, memory_order_relaxed, memory_order_relaxed))
        return;
    atomic_store_explicit(&e->component, component, memory_order_relaxed);
    atomic_store_explicit(&e->why, why, memory_order_relaxed);
}

void libraries_walked(struct libraries *l, unsigned i, bool java, uint8_t component)
{
    struct entry *e = &l->at[i];
    uint64_t      walks = atomic_fetch_add_explicit(&e->walks, 1, memory_order_relaxed) + 1;
    if (java)
        atomic_fetch_add_explicit(&e->java, 1, memory_order_relaxed);
    if (!is_open(e))
        return;
    if (component < WEIR_COMPONENT_COUNT) {
        decide(e, LIBRARY_BY_JAVA, component, "by the Java code that calls it");
        atomic_store_explicit(&e->asks, 0, memory_order_relaxed);
    } else if (walks >= OPEN_WALKS) {
        decide(e, LIBRARY_BY_WALKS, WEIR_JVM_OVERHEAD, "no Java code was seen calling it");
    }
}

void libraries_own(struct libraries *l, unsigned i, uint64_t bytes, uint64_t weight)
{
    atomic_fetch_add_explicit(&l->at[i].bytes, bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&l->at[i].blocks, 1, memory_order_relaxed);
    if (weight != 0)
        atomic_fetch_add_explicit(&l->at[i].weight, weight, memory_order_relaxed);
}

void libraries_disown(struct libraries *l, unsigned i, uint64_t bytes, uint64_t weight)
{
    atomic_fetch_sub_explicit(&l->at[i].bytes, bytes, memory_order_relaxed);
    atomic_fetch_sub_explicit(&l->at[i].blocks, 1, memory_order_relaxed);
    if (weight != 0)
        atomic_fetch_sub_explicit(&l->at[i].weight, weight, memory_order_relaxed);
}

enum weir_component libraries_component(const struct libraries *l, unsigned i)
{
    return (enum weir_component)atomic_load_explicit(&l->at[i].component, memory_order_relaxed);
}

unsigned libraries_top(const struct libraries *l)
{
    return atomic_load_explicit(&l->top, memory_order_relaxed);
}

struct library libraries_read(const struct libraries *l, unsigned i)
{
    const struct entry *e = &l->at[i];
    uint8_t state = atomic_load_explicit(&e->state, memory_order_acquire);
    if (state == VACANT)
        return (struct library){ .used = false, .why = "" };
    return (struct library){
        .used = true,
        .loaded = state == LOADED,
        .name = atomic_load_explicit(&e->name, memory_order_relaxed),
        .component = atomic_load_explicit(&e->component, memory_order_relaxed),
        .why = atomic_load_explicit(&e->why, memory_order_relaxed),
        .owned_bytes = atomic_load_explicit(&e->bytes, memory_order_relaxed),
        .owned_blocks = atomic_load_explicit(&e->blocks, memory_order_relaxed),
        .weight = atomic_load_explicit(&e->weight, memory_order_relaxed),
        .walks = atomic_load_explicit(&e->walks, memory_order_relaxed),
        .java = atomic_load_explicit(&e->java, memory_order_relaxed),
        .peak = atomic_load_explicit(&e->peak, memory_order_relaxed),
        .peak_ms = atomic_load_explicit(&e->peak_ms, memory_order_relaxed),
    };
}

void libraries_see(struct libraries *l, unsigned i, uint64_t bytes, int64_t wall_ms)
{
    struct entry *e = &l->at[i];
    if (bytes > atomic_load_explicit(&e->peak, memory_order_relaxed)) {
        atomic_store_explicit(&e->peak, bytes, memory_order_relaxed);
        atomic_store_explicit(&e->peak_ms, wall_ms, memory_order_relaxed);
    }
    if (is_open(e))
        atomic_store_explicit(&e->asks, ASKS, memory_order_relaxed);
}

void libraries_forget_peaks(struct libraries *l)
{
    for (unsigned i = 1; i < LIBRARIES; i++)
        atomic_store_explicit(&l->at[i].peak, 0, memory_order_relaxed);
}
