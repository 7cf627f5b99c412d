/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_LIVE_H
#define CORE_LIVE_H
/* Live allocations: which address holds how much, for which owner. */
#include <stdbool.h>
#include <stdint.h>

#include "weir.h"

struct live; /* opaque; fields in live.c */

struct live_rec {
    uint64_t bytes;
    uint32_t owner; /* index in core/owners */
};

/* max_recs: 1024 .. 2^26. WEIR_ENOMEM: nothing was made. */
enum weir_rc live_new(struct live **out, uint32_t max_recs);
void         live_delete(struct live *live); /* tests and failed starts only: no hook may be inside */

/* Any thread, also inside a hook: no call here allocates, logs or waits. */

/* WEIR_EFULL: bound reached, nothing stored. When addr is present its record is replaced, *stale is true and *old holds
 * what was there: the caller subtracts it. */
enum weir_rc live_put(struct live *live, uintptr_t addr, struct live_rec rec, bool *stale, struct live_rec *old);
/* False: addr unknown (older than the agent, or never stored). */
bool         live_take(struct live *live, uintptr_t addr, struct live_rec *rec);
/* Is addr in the table? The record stays where it is. */
bool         live_has(struct live *live, uintptr_t addr);
uint64_t     live_count(const struct live *live);

#endif
