/* SPDX-License-Identifier: Apache-2.0 */
/* collections.c: readings at which the count of full collections had grown.
 * One collection frees nothing of an ended attempt: Flink's StreamTask has a finalizer (seen in 1.20.5 and 2.3.0), so all
 * that hangs on it outlives the first collection, is finalized, and goes with the second; cleaners free the memory a
 * moment after that. Hence two, apart by FINALIZE_MS, and FREE_MS more. Many in quick succession count as one.
 * Times are those of the readings. Who ends between two readings carries the time of the earlier one: only collections
 * that began after a later reading count for him, so `after` is compared strictly. */
#include "model/collections.h"

#include <string.h>

#include "base/poison.h"

enum { FINALIZE_MS = 2000, FREE_MS = 1500 };

static void keep(struct collections *c, struct collections_seen seen)
{
    if (c->kept == COLLECTIONS_KEPT) {
        memmove(c->seen, c->seen + 1, (COLLECTIONS_KEPT - 1) * sizeof c->seen[0]);
        c->kept--;
    }
    c->seen[c->kept++] = seen;
}

void collections_feed(struct collections *c, uint64_t total, bool under_way, int64_t now_ms)
{
    if (!c->known || now_ms < c->last_ms || total < c->total) { /* the first reading, or a clock set back */
        *c = (struct collections){ .known = true };
    } else if (total > c->total) {
        /* cycles do not overlap: it began when the one before was complete, at the earliest */
        int64_t after = !under_way ? c->last_ms : c->kept > 0 ? c->seen[c->kept - 1].not_ms : 0;
        keep(c, (struct collections_seen){ after, c->last_ms, now_ms, total - c->total });
    }
    c->last_ms = now_ms;
    c->total = total;
}

int64_t collections_outlived(const struct collections *c, int64_t now_ms)
{
    for (int second = c->kept - 1; second > 0; second--) {
        if (c->seen[second].seen_ms + FREE_MS > now_ms)
            continue;
        for (int first = second - 1; first >= 0; first--)
            if (c->seen[first].seen_ms + FINALIZE_MS <= c->seen[second].after_ms)
                return c->seen[first].after_ms;
    }
    return 0;
}

uint64_t collections_after(const struct collections *c, int64_t ended_ms)
{
    uint64_t count = 0;
    for (int i = 0; i < c->kept; i++)
        count += c->seen[i].after_ms > ended_ms ? c->seen[i].count : 0;
    return count;
}
