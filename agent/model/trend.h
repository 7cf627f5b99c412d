/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_TREND_H
#define MODEL_TREND_H
/* How fast figures move, over what was seen of them: bytes per minute between the oldest sheet that is kept and the
 * newest. Handle passed in; zeroed is empty. */
#include <stdbool.h>
#include <stdint.h>

#include "weir.h"

enum { TREND_SHEETS = 64, TREND_WINDOW_MS = 5 * 60 * 1000 };

struct trend_sheet {
    int64_t  time_ms;
    bool     known[WEIR_COMPONENT_COUNT];
    uint64_t used[WEIR_COMPONENT_COUNT];
};

struct trend {
    unsigned           count;
    struct trend_sheet sheets[TREND_SHEETS]; /* oldest first; the last is the newest seen */
};

/* A sheet that is not later than the newest is left out. */
void trend_add(struct trend *t, const struct trend_sheet *sheet);
/* False: fewer than two sheets, less than a second apart, or not measured in both. */
bool trend_per_minute(const struct trend *t, enum weir_component c, int64_t *bytes);
/* Time between the two sheets; 0 if there are none. */
int64_t trend_span_ms(const struct trend *t);

#endif
