/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_HISTORY_H
#define MODEL_HISTORY_H
/* One figure's last quarter of an hour, a sample a minute. Pure. */
#include <stdbool.h>
#include <stdint.h>

enum { HISTORY_SAMPLES = 15 };

struct history {
    int     count;
    int64_t at_ms[HISTORY_SAMPLES]; /* oldest first */
    uint64_t figure[HISTORY_SAMPLES];
};

void history_feed(struct history *h, uint64_t figure, int64_t now_ms);
/* The oldest sample of the last 15 minutes that is a minute old or more. False: there is none. */
bool history_oldest(const struct history *h, int64_t now_ms, uint64_t *figure, int64_t *ago_ms);

#endif
