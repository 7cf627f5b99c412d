/* SPDX-License-Identifier: Apache-2.0 */
/* history.c: a clock set back forgets everything; a late sample leaves a gap, and ages are told as they are. */
#include "model/history.h"

#include <string.h>

#include "base/poison.h"

enum { MINUTE_MS = 60000 };

void history_feed(struct history *h, uint64_t figure, int64_t now_ms)
{
    if (h->count > 0 && now_ms < h->at_ms[h->count - 1])
        h->count = 0;
    if (h->count > 0 && now_ms - h->at_ms[h->count - 1] < MINUTE_MS)
        return;
    if (h->count == HISTORY_SAMPLES) {
        memmove(h->at_ms, h->at_ms + 1, (HISTORY_SAMPLES - 1) * sizeof h->at_ms[0]);
        memmove(h->figure, h->figure + 1, (HISTORY_SAMPLES - 1) * sizeof h->figure[0]);
        h->count--;
    }
    h->at_ms[h->count] = now_ms;
    h->figure[h->count++] = figure;
}

bool history_oldest(const struct history *h, int64_t now_ms, uint64_t *figure, int64_t *ago_ms)
{
    for (int i = 0; i < h->count; i++) {
        int64_t ago = now_ms - h->at_ms[i];
        if (ago < MINUTE_MS || ago >= (HISTORY_SAMPLES + 1) * MINUTE_MS)
            continue;
        *figure = h->figure[i];
        *ago_ms = ago;
        return true;
    }
    return false;
}
