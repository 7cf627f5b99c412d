/* SPDX-License-Identifier: Apache-2.0 */
/* tombs.c: open addressing, only insertion. Sequentially consistent: a free writes its tomb and then looks for the record, the
 * seeding writes the record and then looks for a tomb; at least one of the two must see the other. The mapping is made once
 * and stays, since a hook may be looking at it. */
#include "core/tombs.h"

#include <stdatomic.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/poison.h"

enum { SLOTS = TOMBS_MAX * 2 };

static struct {
    _Atomic(uintptr_t) *slot;
    atomic_uint         count;
    atomic_bool         open;
} me;

bool tombs_open(void)
{
    if (me.slot == NULL)
        me.slot = arena_map(SLOTS * sizeof *me.slot);
    if (me.slot == NULL)
        return false;
    for (size_t i = 0; atomic_load(&me.count) != 0 && i < SLOTS; i++)
        atomic_store(&me.slot[i], 0);
    atomic_store(&me.count, 0);
    atomic_store(&me.open, true);
    return true;
}

void tombs_close(void)
{
    atomic_store(&me.open, false);
}

bool tombs_wanted(void)
{
    return atomic_load_explicit(&me.open, memory_order_relaxed);
}

bool tombs_full(void)
{
    return atomic_load(&me.count) >= TOMBS_MAX;
}

void tombs_put(uintptr_t addr)
{
    size_t at = hash_u64(addr) % SLOTS;
    if (atomic_fetch_add(&me.count, 1) >= TOMBS_MAX)
        return;
    for (;; at = (at + 1) % SLOTS) {
        uintptr_t free_slot = 0;
        if (atomic_compare_exchange_strong(&me.slot[at], &free_slot, addr) || free_slot == addr)
            return;
    }
}

bool tombs_has(uintptr_t addr)
{
    for (size_t at = hash_u64(addr) % SLOTS;; at = (at + 1) % SLOTS) {
        uintptr_t here = atomic_load(&me.slot[at]);
        if (here == addr || here == 0)
            return here == addr;
    }
}
