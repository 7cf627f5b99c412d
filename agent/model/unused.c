/* SPDX-License-Identifier: Apache-2.0 */
/* unused.c: time is only counted between two readings at which jobs ran, and no more than LONGEST_MS of it: a suspended
 * process says nothing. Batch operators hold managed memory only while they run, so one use since the start cancels all. */
#include "model/unused.h"

#include "base/poison.h"

enum { LONGEST_MS = 5000 };

void unused_feed(struct unused *u, bool jobs_run, bool taken, int64_t now_ms)
{
    int64_t passed = now_ms - u->last_ms;
    u->taken = u->taken || taken;
    if (!jobs_run) {
        u->last_ms = 0;
        return;
    }
    if (u->last_ms != 0 && passed > 0)
        u->ran_ms += (uint64_t)(passed < LONGEST_MS ? passed : LONGEST_MS);
    u->last_ms = now_ms;
}

uint64_t unused_ms(const struct unused *u)
{
    return u->taken ? 0 : u->ran_ms;
}
