/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_LIVE_H
#define CORE_LIVE_H
/* Live allocations: which address holds how much, for which owner; and the sums of those that nobody owns, in piles: pile 0 is
 * what is undecided, each other one what a native library took without being walked (core/libraries.h). */
#include <stdbool.h>
#include <stdint.h>

#include "weir.h"

struct live; /* opaque; fields in live.c */

enum { LIVE_OWNER_BITS = 24, LIVE_NO_OWNER = (1 << LIVE_OWNER_BITS) - 1, LIVE_PILES = 64 };

struct live_rec {
    uint64_t bytes;
    uint32_t owner : LIVE_OWNER_BITS; /* index in core/owners; LIVE_NO_OWNER - pile: nobody's, the table itself sums them */
    uint32_t mean : 8;                /* exponent of the M it was walked by (core/sample.h); 0 for every call walked */
};

static inline bool live_ownerless(struct live_rec rec)
{
    return rec.owner > LIVE_NO_OWNER - LIVE_PILES;
}

/* max_recs: 1024 .. 2^26. WEIR_ENOMEM: nothing was made. */
enum weir_rc live_new(struct live **out, uint32_t max_recs);
void         live_delete(struct live *live); /* tests and failed starts only: no hook may be inside */

/* Any thread, also inside a hook: no call here allocates, logs or waits. */

/* WEIR_EFULL: bound reached, nothing stored. When addr is present its record is replaced, *stale is true and *old holds
 * what was there: the caller subtracts it. */
enum weir_rc live_put(struct live *live, uintptr_t addr, struct live_rec rec, bool *stale, struct live_rec *old);
/* False: addr unknown (older than the agent, or never stored). */
bool         live_take(struct live *live, uintptr_t addr, struct live_rec *rec);
/* The same if the record is this one still. */
bool         live_take_same(struct live *live, uintptr_t addr, struct live_rec rec);
/* Is addr in the table? The record stays where it is. */
bool         live_has(struct live *live, uintptr_t addr);
uint64_t     live_count(const struct live *live);
/* Reporter: every record of at least so many bytes, outside all locks; may miss, or tell twice, what changes meanwhile. */
void         live_each(struct live *live, uint64_t least, void (*visit)(void *with, uintptr_t addr, struct live_rec rec), void *with);
/* Bytes and blocks of the records without owner; of pile 0. */
void         live_undecided(const struct live *live, uint64_t *bytes, uint64_t *blocks);
void         live_pile(const struct live *live, unsigned pile, uint64_t *bytes, uint64_t *blocks);

#endif
