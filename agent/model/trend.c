/* SPDX-License-Identifier: Apache-2.0 */
/* trend.c: see trend.h. The newest sheet stands in the last place and is replaced until it is STEP_MS later than the one
 * before it, so that the places reach over the window however often sheets come. What is older than the window is dropped:
 * a trend of five minutes is news, one of an hour ago is not.
 * Bound: TREND_SHEETS places; WINDOW / STEP + 2 are used. */
#include "model/trend.h"

#include <string.h>

#include "base/poison.h"

enum { STEP_MS = 5000, LEAST_MS = 1000, MINUTE_MS = 60 * 1000 };

_Static_assert(TREND_WINDOW_MS / STEP_MS + 2 <= TREND_SHEETS, "the window must fit");

/* later - earlier, saturated: a ledger may name any time. */
static int64_t between(int64_t earlier, int64_t later)
{
    uint64_t span = (uint64_t)later - (uint64_t)earlier;
    return later <= earlier ? 0 : span > INT64_MAX ? INT64_MAX : (int64_t)span;
}

static void drop_oldest(struct trend *t)
{
    t->count--;
    memmove(&t->sheets[0], &t->sheets[1], t->count * sizeof t->sheets[0]);
}

void trend_add(struct trend *t, const struct trend_sheet *sheet)
{
    if (t->count > 0 && sheet->time_ms <= t->sheets[t->count - 1].time_ms)
        return;
    if (t->count > 1 && between(t->sheets[t->count - 2].time_ms, t->sheets[t->count - 1].time_ms) < STEP_MS)
        t->count--;
    while (t->count == TREND_SHEETS || (t->count > 1 && between(t->sheets[0].time_ms, sheet->time_ms) > TREND_WINDOW_MS))
        drop_oldest(t);
    t->sheets[t->count++] = *sheet;
}

int64_t trend_span_ms(const struct trend *t)
{
    return t->count < 2 ? 0 : between(t->sheets[0].time_ms, t->sheets[t->count - 1].time_ms);
}

/* Whole units and rest apart: no product of two large figures. Saturates, since a ledger may say anything. */
static int64_t per_minute(uint64_t bytes, uint64_t span_ms)
{
    uint64_t whole = bytes / span_ms, rest = bytes % span_ms;
    if (whole >= INT64_MAX / MINUTE_MS - 1 || span_ms > INT64_MAX / MINUTE_MS)
        return INT64_MAX;
    return (int64_t)(whole * MINUTE_MS + rest * MINUTE_MS / span_ms);
}

bool trend_per_minute(const struct trend *t, enum weir_component c, int64_t *bytes)
{
    int64_t span = trend_span_ms(t);
    if (span < LEAST_MS)
        return false;
    const struct trend_sheet *old = &t->sheets[0], *new = &t->sheets[t->count - 1];
    if (!old->known[c] || !new->known[c])
        return false;
    bool grows = new->used[c] >= old->used[c];
    *bytes = grows ? per_minute(new->used[c] - old->used[c], (uint64_t)span)
                   : -per_minute(old->used[c] - new->used[c], (uint64_t)span);
    return true;
}
